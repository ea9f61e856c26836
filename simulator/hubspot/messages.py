"""Requests and answers of the simulated HubSpot, independent of any web framework.

`endpoints` turns a `Request` into an `Answer` and knows nothing of sockets; `http` carries both and knows nothing of
HubSpot's rules.
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
        base_url: the address under which the client reached this server, without a trailing slash. Links in answers
            begin with it; it never names a host of HubSpot's.

    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received_at: float = 0.0
    base_url: str = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request.

    Attributes:
        status: HTTP status; 477 and the Cloudflare ones included.
        headers: as they are sent, names in HubSpot's own case.
        body: the bytes as they are sent; empty for 204.
        decision: one sentence for the journal: ``400: property `revenue` is not in definition pe123_purchase``.
        rule: the stable name of the rule that decided, as `docs/fidelity.md` lists it: `contact.update.unknown`.
        portal_id: the account that answered, if the token led to one.
        checks: the codes of the checks (`hubspot-dest explain CODE`) for which it refused or dropped something.
        evidence: the tag of `docs/fidelity.md` where the rule is inferred (`INFER`) or unknown (`GAP`).

    """

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    decision: str = ""
    rule: str = ""
    portal_id: int | None = None
    checks: tuple[str, ...] = ()
    evidence: str = ""
