"""The walkerOS mapping language: events and values, without any knowledge of HubSpot."""
