"""Check before the first event whether HubSpot has what a configuration needs; this only reads, never writes."""
