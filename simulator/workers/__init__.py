"""A group of real workers on a broker of this machine, for a room: a kill, a takeover, and nothing lost."""
