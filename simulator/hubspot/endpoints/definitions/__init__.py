"""Manage event definitions: `/events/…/event-definitions` (HubSpot wire facts, sections 2.1 to 2.4)."""
