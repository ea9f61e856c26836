"""The body of the request about a private app's token."""

from __future__ import annotations

import msgspec

__all__ = ["TokenRequest"]


class TokenRequest(msgspec.Struct):
    """The token to describe."""

    tokenKey: str  # noqa: N815 - HubSpot's name
