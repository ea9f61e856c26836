"""What goes in and out of the fake HubSpot, apart from any web framework.

A `Request` is what arrived on the wire; an `Answer` is what HubSpot's rules say about it, with the decision in
words for the journal. Rules (`endpoints`, `account`) turn one into the other and know nothing of sockets;
transport (`app`, `server`, `faults`) carries them and knows nothing of HubSpot's rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Answer", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it arrived.

    Attributes:
        method: upper case, `GET`.
        path: the raw path, still percent-encoded, without the query: `/crm/v3/objects/contacts/jo%2Btag%40ex.com`.
            Rules split it on `/` first and decode each segment once, as HubSpot does.
        query: decoded pairs in the order of the query string; names may repeat.
        headers: names in lower case.
        body: the bytes as they came.
        received_at: UNIX time in seconds, from the server's clock (injectable).

    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the fake HubSpot says.

    Attributes:
        status: HTTP status; 477 and the Cloudflare ones included.
        headers: as they go out, names in HubSpot's own case.
        body: the bytes as they go out; empty for 204.
        decision: one sentence for the journal: ``400: property `revenue` is not in definition pe123_purchase``.
        rule: the stable name of the rule that decided, as `docs/fidelity.md` lists it: `contact.update.unknown`.
        portal_id: the account that answered, if the token led to one.
        checks: the codes of the checks (`hubspot-dest explain CODE`) for which it refused or dropped something.

    """

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    decision: str = ""
    rule: str = ""
    portal_id: int | None = None
    checks: tuple[str, ...] = ()
