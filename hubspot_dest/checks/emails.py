"""Check e-mail addresses as HubSpot does (HubSpot wire facts, section 11: the commons-validator family)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

__all__ = ["EmailProblem", "check_email", "list_date"]

Kind = Literal["syntax", "domain_near", "domain_unknown", "domain_reserved", "strict", "spaces"]

# Matches nearly all addresses; the full check runs only for the others.
_USUAL: Final = re.compile(
    r"[A-Za-z0-9+_'-]{1,40}(?:\.[A-Za-z0-9+_'-]{1,40})?@(?:[a-z0-9]{1,30}(?:-[a-z0-9]{1,30})?\.){1,3}([a-z]+)"
)
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")
_LOCAL: Final = re.compile(r"[^\x00-\x20\x7f()<>@,;:\\\".\[\]]+(\.[^\x00-\x20\x7f()<>@,;:\\\".\[\]]+)*")
_QUOTED: Final = re.compile(r'"([^"\\\x00-\x1f\x7f]|\\.)*"')
_LABEL: Final = re.compile(r"[^\W_](?:(?:[^\W_]|-)*[^\W_])?")
_RESERVED: Final = frozenset({"example", "invalid", "localhost"})
_MAX_LOCAL: Final = 64
_MAX_DOMAIN: Final = 253


@dataclass(frozen=True, slots=True)
class EmailProblem:
    """The reason why HubSpot may not accept a text as an e-mail address.

    Attributes:
        kind: `syntax`: the text does not have the form of an address. `domain_near`: an unknown top-level domain within
            one edit of a known one. `domain_reserved`: a top-level domain that RFC 2606 reserves for examples.
            `domain_unknown`: any other unknown top-level domain. `strict`: refused by validators of the family, with no
            recording of HubSpot doing so. `spaces`: a valid address with spaces around it.
        sentence: what is wrong.
        fix: what to do about it.

    """

    kind: Kind
    sentence: str
    fix: str


def check_email(text: str) -> EmailProblem | None:
    """Return the problem with an e-mail address; None if HubSpot accepts it."""
    usual = _USUAL.fullmatch(text)
    if usual is not None and usual[1] in _known()[1] and len(text) <= _MAX_LOCAL:
        return None
    stripped = text.strip()
    problem = _check(stripped)
    if problem is not None or stripped == text:
        return problem
    return EmailProblem(
        "spaces",
        f"there are spaces around the address {stripped}: HubSpot does not document whether it strips them",
        "strip the spaces with a function in the mapping",
    )


def list_date() -> str:
    """Return the date of the list of top-level domains: `2026-10-22`."""
    return _known()[0]


def _check(text: str) -> EmailProblem | None:
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    if _ADDRESS.fullmatch(text) is None and not (_QUOTED.fullmatch(local) and domain):
        return _no_address(shown)
    if domain.startswith("[") and domain.endswith("]"):
        return EmailProblem(
            "strict", f"{shown} has an IP address as its domain", "send an address with a domain name"
        )
    if len(labels) < 2 or "" in labels:
        return _no_address(shown)
    strict = _strict(local, domain, labels)
    if strict:
        return EmailProblem("strict", f"{shown} {strict}", "check where the address comes from")
    return _top_level(shown, labels[-1])


def _no_address(shown: str) -> EmailProblem:
    return EmailProblem(
        "syntax",
        f'"{shown}" is not an e-mail address',
        "map a field that contains an address such as ada@example.com",
    )


def _strict(local: str, domain: str, labels: list[str]) -> str:
    """Return what stricter validators of the family refuse about the address (INFER); empty if nothing."""
    if _LOCAL.fullmatch(local) is None and _QUOTED.fullmatch(local) is None:
        return "has dots or characters before the @ that validators refuse"
    if len(local) > _MAX_LOCAL or len(domain) > _MAX_DOMAIN:
        return "is too long for an address"
    if not all(_LABEL.fullmatch(label) and len(label) <= 63 for label in labels):
        return "has an invalid domain: its labels may have letters, digits and inner hyphens"
    return ""


def _top_level(shown: str, name: str) -> EmailProblem | None:
    date, known = _known()
    lower = name.lower()
    if lower in known:
        return None
    if lower in _RESERVED:
        return EmailProblem(
            "domain_reserved",
            f"{shown}: .{lower} is reserved for examples, so no real address ends in it",
            "use real addresses, or example.org in tests",
        )
    near = _near(lower)
    if near is not None:
        return EmailProblem(
            "domain_near",
            f"{shown}: there is no top-level domain .{lower} (list of {date}); it is one letter from .{near}",
            f"correct the address: .{near}",
        )
    return EmailProblem(
        "domain_unknown",
        f"{shown}: .{lower} is not in the list of top-level domains of {date}",
        "check the address; a domain newer than the list is fine",
    )


@cache
def _known() -> tuple[str, frozenset[str]]:
    text = files("hubspot_dest.checks").joinpath("top_level_domains.txt").read_text(encoding="utf-8")
    head, *names = text.splitlines()
    return head.rpartition(" ")[2], frozenset(names)


def _near(name: str) -> str | None:
    """Return a known top-level domain within one edit (an insertion, deletion, substitution or swap), or None.

    Among several, the most common one wins.
    """
    if len(name) > 64:
        return None
    known = _known()[1]
    letters = "abcdefghijklmnopqrstuvwxyz"
    variants = set()
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        variants |= {head + letter + tail for letter in letters}
        if tail:
            variants |= {head + tail[1:], *(head + letter + tail[1:] for letter in letters)}
        if len(tail) > 1:
            variants.add(head + tail[1] + tail[0] + tail[2:])
    candidates = variants & known
    common = [text for text in ("com", "co", "net", "org", "de", "uk", "edu", "info") if text in candidates]
    return common[0] if common else min(candidates, default=None)
