"""A simulated HubSpot, with tools to demonstrate, record and check against it."""
