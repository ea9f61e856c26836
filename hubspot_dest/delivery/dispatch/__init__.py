"""Deliver what the outbox holds: order per person, rate, retries, worker threads."""
