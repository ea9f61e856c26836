"""Definitions as code: which event definitions and contact properties a configuration needs, and make them."""
