"""One result, many forms: text for people, JSON Lines for programs, JUnit for CI."""
