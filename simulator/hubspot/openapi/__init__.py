"""The OpenAPI document of everything that the fake HubSpot answers, made from its routes."""

from .document import make_document

__all__ = ["make_document"]
