"""Watch a destination: what happens to every event as JSON lines, and counts and timings for dashboards."""
