"""The state of simulated accounts, in memory and in SQLite."""
