"""The OpenAPI document of everything that the server answers, made from the tables of routes."""

from simulator.hubspot.control.openapi.document import make_document

__all__ = ["make_document"]
