"""Faults: what goes wrong with a request, and when."""
