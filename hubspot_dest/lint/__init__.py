"""Lint: everything that is known of a configuration before an event is seen, all findings at once."""
