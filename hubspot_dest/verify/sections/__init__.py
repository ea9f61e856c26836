"""The questions of `verify`, one per module."""
