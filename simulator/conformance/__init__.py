"""Hold the sender against vectors of walkerOS' own behaviour."""
