"""What a simulated account holds, in memory and in its SQLite file."""
