"""walkerOS' flow files: find the HubSpot destination in them, and resolve their references."""
