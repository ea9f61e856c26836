"""Definitions as code: plan and create the event definitions and contact properties that a configuration needs."""
