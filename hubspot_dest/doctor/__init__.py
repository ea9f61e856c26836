"""Says before the first event whether HubSpot has what a configuration needs: reads only, never writes."""
