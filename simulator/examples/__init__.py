"""The eight examples that walkerOS documents for its HubSpot destination, as data, and the check that runs them."""
