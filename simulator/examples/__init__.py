"""Run the eight examples that walkerOS documents for its HubSpot destination."""
