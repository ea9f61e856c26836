"""The HTTP server: application, wire format and certificates."""
