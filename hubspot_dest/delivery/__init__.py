"""Carry plans to HubSpot: the official client, batches, errors as our own types."""
