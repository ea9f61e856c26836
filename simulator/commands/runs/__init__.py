"""The implementation of each command, imported only when the command runs."""
