"""The walkerOS mapping language: knows events and values, knows nothing of HubSpot."""
