"""The outbox: a durable queue in one SQLite file."""
