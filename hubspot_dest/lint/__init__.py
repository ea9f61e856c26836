"""Lint a configuration: report everything that is wrong with it, without needing an event."""
