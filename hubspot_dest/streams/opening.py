"""Open the source of an address; the client libraries are not imported before."""

from __future__ import annotations

from hubspot_dest.delivery.contact_cache import SharedContactCache
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.source import Source

__all__ = ["open_contacts", "open_source"]


def open_source(address: StreamAddress) -> Source:
    """Return the source of an address, which connects with `open`.

    Raises:
        StreamError: the client library is missing, or rejects its options.
    """
    if address.engine == "kafka":
        from hubspot_dest.streams.kafka_source import KafkaSource

        return KafkaSource(address)
    from hubspot_dest.streams.redis_source import RedisSource

    return RedisSource(address)


def open_contacts(address: StreamAddress, portal: str) -> SharedContactCache | None:
    """Return the contact cache shared by the group; None for Kafka, where each worker has its own.

    Args:
        address: the stream and the group.
        portal: the portal whose contacts are written.

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """
    if address.engine == "kafka":
        return None
    from hubspot_dest.streams.redis_contacts import RedisContacts

    return RedisContacts(address, portal)
