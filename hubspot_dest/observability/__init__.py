"""Observe a destination: a trail of JSON lines, and metrics for dashboards."""
