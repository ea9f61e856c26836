"""The official HubSpot client: calls, encoding and errors."""
