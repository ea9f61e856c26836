"""Describe what a token opens: `/oauth/…`."""
