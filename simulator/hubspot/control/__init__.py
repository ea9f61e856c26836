"""The control API under `/_simulator/` and the status pages."""
