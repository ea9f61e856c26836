"""Differences between JSON values, between configurations, and between their plans for the same events."""
