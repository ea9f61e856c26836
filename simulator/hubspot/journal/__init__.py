"""The journal of requests and answers, with secrets masked."""
