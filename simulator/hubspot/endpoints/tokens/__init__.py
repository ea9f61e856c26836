"""Describe access tokens: `/oauth/…`."""
