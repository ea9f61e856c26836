"""Receive occurrences: `/events/…/send` (HubSpot wire facts, section 1)."""
