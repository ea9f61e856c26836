"""The OpenAPI document of the server, built from the route tables."""

from simulator.hubspot.control.openapi.document import make_document

__all__ = ["make_document"]
