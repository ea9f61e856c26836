"""Deliver plans to HubSpot: sinks, the official client, batches, the outbox, errors of one type."""
