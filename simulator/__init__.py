"""A HubSpot that stands on this machine, and what it takes to show, record and check against it."""
