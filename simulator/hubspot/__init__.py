"""The fake HubSpot: its rules, its state, its wire."""
