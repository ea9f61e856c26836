"""The implementations of the commands, imported only when a command runs."""
