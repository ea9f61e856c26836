"""The eight examples that walkerOS documents for its HubSpot destination, and the check that runs them."""
