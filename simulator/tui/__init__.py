"""The terminal: five views of one engine. It holds no logic of the mapping or of HubSpot."""
