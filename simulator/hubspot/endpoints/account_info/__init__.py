"""Describe the account: `/account-info/…`."""
