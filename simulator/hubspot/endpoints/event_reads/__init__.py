"""Read occurrences: `/events/v3/events` (HubSpot wire facts, section 2.6)."""
