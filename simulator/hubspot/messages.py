"""Requests and answers of the simulated HubSpot, independent of any web framework.

`endpoints` turns a `Request` into an `Answer` and knows nothing about sockets; `http` transports both and knows nothing
about HubSpot's rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Answer", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, as received.

    Attributes:
        method: upper case, `GET`.
        path: the raw path, still percent-encoded, without the query: `/crm/v3/objects/contacts/jo%2Btag%40ex.com`.
            Rules split it on `/` first and decode each segment once, as HubSpot does.
        query: decoded pairs in the order of the query string; names may repeat.
        headers: names in lower case.
        body: the raw bytes.
        received_at: UNIX time in seconds, from the server's clock (injectable).
        base_url: the address under which the client reached this server, without a trailing slash. Links in answers
            begin with it; it is never one of HubSpot's own hosts.

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
        status: HTTP status code, possibly a non-standard one such as HubSpot's 477.
        headers: pairs in the order sent, names in HubSpot's own case.
        body: the bytes to send; empty for 204.
        decision: one sentence for the journal: ``400: property `revenue` is not in definition pe123_purchase``.
        rule: the stable name of the rule that applied, as in `docs/fidelity.md`: `contact.update.unknown`.
        portal_id: the portal of the token's account; None if the token opens no account.
        checks: codes of the failed checks (`hubspot-dest explain CODE`) that made it refuse or drop something.
        evidence: `INFER` or `GAP`, as in `docs/fidelity.md`, where the rule is inferred or unknown; otherwise empty.

    """

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    decision: str = ""
    rule: str = ""
    portal_id: int | None = None
    checks: tuple[str, ...] = ()
    evidence: str = ""
