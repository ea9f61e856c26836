"""A contact cache shared by all workers on a Redis: a hash per person, with a time to live.

Values are stored as digests, which only show whether a value has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from hubspot_dest.delivery.contact_cache import ManyContacts
from hubspot_dest.planning.plan import ContactUpsert
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.redis_client import connect_redis, text_of

__all__ = ["RedisContacts"]

_VALID_SECONDS: Final = 7 * 86_400  # contacts also change in HubSpot; after a week they are written again


class RedisContacts:
    """Cache contacts in memory, and in Redis once HubSpot has accepted them.

    If Redis does not answer, contacts count as unknown, so a contact may be written again unnecessarily.

    Args:
        address: the Redis and the group.
        portal: where contacts are written; a group that continues with another portal starts with an empty cache.

    """

    def __init__(self, address: StreamAddress, portal: str) -> None:
        self._client: Any = connect_redis(address)
        self._group = address.group
        self._portal = portal
        self._local = ManyContacts()
        self._pending: dict[str, dict[str, str]] = {}
        self._fresh: set[str] = set()  # people that this worker did not know before this batch

    def _key(self, email: str) -> str:
        person = _digest(f"{self._portal}\n{email.lower()}")
        return f"hubspot-dest:{self._group}:contact:{person}"

    def knows(self, contact: ContactUpsert) -> bool:
        """Return whether this worker has written every property of the contact with the same value."""
        return self._local.knows(contact)

    def known_elsewhere(self, contacts: Sequence[ContactUpsert]) -> set[str]:
        """Return the e-mails of contacts that any worker has written with the same values, in a single request."""
        import redis

        fresh = [
            contact for contact in contacts if contact.properties and contact.email.lower() in self._fresh
        ]
        self._fresh.clear()
        if not fresh:
            return set()
        pipe = self._client.pipeline(transaction=False)
        for contact_upsert in fresh:
            pipe.hmget(self._key(contact_upsert.email), list(contact_upsert.properties or {}))
        try:
            answers = pipe.execute()
        except (redis.RedisError, OSError):
            return set()
        return {
            contact_upsert.email.lower()
            for contact_upsert, values in zip(fresh, answers, strict=True)
            if [text_of(value or b"") for value in values]
            == list(map(_digest, (contact_upsert.properties or {}).values()))
        }

    def remember(self, contact: ContactUpsert) -> None:
        """Cache a contact that is being written to HubSpot."""
        if contact.email not in self._local:
            self._fresh.add(contact.email.lower())
        self._local.remember(contact)
        self._pending.setdefault(contact.email.lower(), {}).update(contact.properties or {})

    def forget(self, email: str) -> None:
        """Remove a person from the cache of every worker."""
        import redis

        self._local.forget(email)
        self._pending.pop(email.lower(), None)
        try:
            self._client.delete(self._key(email))
        except (redis.RedisError, OSError):
            return  # the entry expires anyway

    def clear(self) -> None:
        """Clear the cache in memory."""
        self._local.clear()
        self._pending.clear()
        self._fresh.clear()

    def confirm(self, emails: Iterable[str]) -> None:
        """Share with all workers the contacts that HubSpot has accepted."""
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
