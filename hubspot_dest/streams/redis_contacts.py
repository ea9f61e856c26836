"""What HubSpot knows of contacts, shared by all workers on one Redis: a hash a person, with a time to live.

Values are kept as digests: they tell whether a value has changed, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from hubspot_dest.delivery.contact_cache import ManyContacts
from hubspot_dest.planning.plan import ContactUpsert
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.redis_client import connect_redis

__all__ = ["RedisContacts"]

_VALID_SECONDS: Final = 7 * 86_400  # contacts change in HubSpot too; after a week they are written again


class RedisContacts:
    """Remembers contacts in memory, and in Redis once HubSpot took them.

    Where Redis does not answer, nothing is known: a contact is written once too often then.

    Args:
        address: the Redis and the group.

    """

    def __init__(self, address: StreamAddress) -> None:
        self._client: Any = connect_redis(address)
        self._group = address.group
        self._local = ManyContacts()
        self._pending: dict[str, dict[str, str]] = {}

    def _key(self, email: str) -> str:
        return f"hubspot-dest:{self._group}:contact:{_digest(email.lower())}"

    def knows(self, contact: ContactUpsert) -> bool:
        """Tell whether every property of the contact was written before, with the same value."""
        if self._local.knows(contact):
            return True
        properties = contact.properties or {}
        if not properties or contact.email.lower() in self._pending:
            return False
        import redis

        try:
            known = self._client.hmget(self._key(contact.email), list(properties))
        except (redis.RedisError, OSError):
            return False
        if any(
            (one or b"").decode("ascii", "replace") != _digest(value)
            for one, value in zip(known, properties.values(), strict=True)
        ):
            return False
        self._local.remember(contact)
        return True

    def remember(self, contact: ContactUpsert) -> None:
        """Note what is on its way to HubSpot."""
        self._local.remember(contact)
        self._pending.setdefault(contact.email.lower(), {}).update(contact.properties or {})

    def forget(self, email: str) -> None:
        """Forget one person, for every worker."""
        import redis

        self._local.forget(email)
        self._pending.pop(email.lower(), None)
        try:
            self._client.delete(self._key(email))
        except (redis.RedisError, OSError):
            return  # it ends by itself

    def clear(self) -> None:
        """Forget what is in memory."""
        self._local.clear()
        self._pending.clear()

    def confirm(self, emails: Iterable[str]) -> None:
        """Let every worker know what HubSpot took."""
        import redis

        pipe = self._client.pipeline(transaction=False)
        for email in emails:
            properties = self._pending.pop(email.lower(), None)
            if properties:
                key = self._key(email)
                pipe.hset(key, mapping={name: _digest(value) for name, value in properties.items()})
                pipe.expire(key, _VALID_SECONDS)
        try:
            pipe.execute()
        except (redis.RedisError, OSError):
            return


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
