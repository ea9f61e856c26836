"""walkerOS' flow files: where the HubSpot destination stands in them, and what their references mean."""
