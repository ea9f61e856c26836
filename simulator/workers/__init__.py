"""Demonstrate a group of real workers on a local broker: a kill, a takeover, and nothing lost."""
