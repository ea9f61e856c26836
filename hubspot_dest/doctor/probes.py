"""Compare a configuration with a HubSpot account; each probe records whether HubSpot was contacted."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from hubspot_dest.amounts import amount, plural
from hubspot_dest.checks.catalogue import CATALOGUE
from hubspot_dest.checks.limits import MAX_LONG_VALUE, MAX_PROPERTIES, MAX_VALUE
from hubspot_dest.checks.names import check_event_name, portal_of
from hubspot_dest.checks.standard_properties import STANDARD_EVENT_PROPERTIES
from hubspot_dest.config.connection import DEFAULT_BASE_URL, Connection
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.doctor.portal import (
    Account,
    PortalDefinition,
    PortalLimits,
    read_account,
    read_contact_properties,
    read_definitions,
)
from hubspot_dest.doctor.requirements import Needs

__all__ = ["Probe", "Verdict", "examine"]

Verdict = Literal["ok", "warning", "wrong", "note"]

SEND_SCOPE: Final = "analytics.behavioral_events.send"
_DEFINE_SCOPE: Final = "behavioral_events.event_definitions.read_write"
_SCHEMA_SCOPE: Final = "crm.schemas.contacts.read"
_WRITE_SCOPE: Final = "crm.objects.contacts.write"
_CREATE: Final = "create it with hubspot-dest definitions apply CONFIG EVENTS"
_CORRELATION: Final = re.compile(r" ?\(correlation [^)]*\)")
_ANY_PREFIX: Final = "pe1_"  # the prefix has a probe of its own


@dataclass(frozen=True, slots=True)
class Probe:
    """The result of a check.

    Attributes:
        subject: what was checked: `token`, `prefix`, `event pe1_page_view` …
        verdict: `ok`; `warning` if it works, but perhaps not as intended; `wrong` if events or contacts would be lost;
            `note` for information, or if it was not checked.
        sentence: the result in one sentence.
        hint: what to do about it.
        live: whether HubSpot was contacted; otherwise the result follows from the configuration alone.
        refusal: the HubSpot response that the sentence quotes.

    """

    subject: str
    verdict: Verdict
    sentence: str
    hint: str = ""
    live: bool = False
    refusal: str = ""
    answered: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the probe for JSON, without empty fields."""
        known = {
            "check": self.subject,
            "verdict": self.verdict,
            "live": self.live,
            "sentence": self.sentence,
            "hint": self.hint,
        }
        return {name: value for name, value in known.items() if value != ""}


def examine(config: Config, needs: Needs, client: HubSpotClient | None) -> Iterator[Probe]:
    """Run all checks, and yield each result when it is known.

    Args:
        config: a configuration that was loaded strictly.
        needs: what HubSpot must have for the configuration.
        client: reads from HubSpot; None to check only the configuration.

    """
    yield from _stated(config)
    prefix = str((config.raw.get("settings") or {}).get("eventNamePrefix", ""))
    names = _bad_names(needs, prefix)
    if client is None:
        yield _prefix(prefix, None)
        yield Probe("token", "note", "not checked, since HubSpot was not contacted", "leave out --offline")
        yield from _named(names)
    else:
        proven = explained = False
        answered, accepted = False, True
        for check in _once(_live(client, config.connection, prefix, needs, names)):
            answered = answered or (check.live and check.answered)
            accepted = accepted and not (check.subject == "token" and check.verdict == "wrong")
            proven = proven or (check.live and check.verdict == "ok")
            explained = explained or (check.live and check.verdict == "wrong")
            yield check
        if not proven:
            sentence = "no response was one that HubSpot gives, so nothing is proven"
            if not accepted:
                sentence = "without a token that is accepted, nothing else was checked"
            elif not answered:
                sentence = "there was no answer, so nothing is proven"
            hint = "" if explained else "check baseUrl, apiVersion, proxy and the token"
            yield Probe(
                "HubSpot", "note" if explained else "wrong", sentence, hint, live=True, answered=answered
            )
    yield from _counts(needs)
    for sentence in dict.fromkeys(needs.unknown):
        yield Probe("not known", "note", sentence)
    yield Probe(
        "not checked",
        "note",
        f"whether the token may send ({SEND_SCOPE}) and write contacts ({_WRITE_SCOPE}), and whether the account's "
        "plan includes custom events: this can only be found out by sending",
    )


def _once(probes: Iterable[Probe]) -> Iterator[Probe]:
    """Yield the probes; a refusal that an earlier one quotes is not quoted again."""
    said: dict[str, str] = {}
    for probe in probes:
        refusal = _CORRELATION.sub("", probe.refusal)
        if refusal and refusal in said:
            sentence = probe.sentence.replace(probe.refusal, f"as for {said[refusal]}")
            yield replace(probe, sentence=sentence)
            continue
        if refusal:
            said[refusal] = probe.subject
        yield probe


def _stated(config: Config) -> Iterator[Probe]:
    """Yield the probes that follow from the configuration: address, paths, batching and limits."""
    connection = config.connection
    real = connection.host == DEFAULT_BASE_URL
    where = f"{connection.host}{' (the real HubSpot)' if real else ''}{_route(connection)}"
    yield Probe("address", "note", where)
    if connection.proxy is None and (os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")):
        sentence = "the environment variable HTTPS_PROXY is not used, since the official client ignores it"
        yield Probe(
            "proxy", "note", sentence, "if HubSpot is behind a proxy, set settings.proxy or use --proxy"
        )
    version = connection.version
    paths = [version.path(path) for path in ("/events/v3/send", "/crm/v3/objects/contacts")]
    yield Probe("API version", "note", f"{version.name}: {paths[0]}, {paths[0]}/batch, {paths[1]}")
    batching = (
        f"{amount(config.batch_size, 'event')} per request" if config.batch else "one event per request"
    )
    timeout = f"{config.timeout_ms / 1000:g} s"
    yield Probe("sending", "note", f"{batching}, timeout {timeout}")
    yield Probe(
        "limits",
        "note",
        "documented by HubSpot: 1,250 event requests per second and 500 events per request, which do not count against "
        f"the account's daily and ten-second limits; {MAX_PROPERTIES} properties per event, {MAX_VALUE} characters per "
        f"value ({MAX_LONG_VALUE:,} if the name contains url, referrer or link); 100 contacts per request",
    )


def _route(connection: Connection) -> str:
    parts = []
    if connection.via is not None:
        login = " with a password" if connection.via.login is not None else ""
        parts.append(f"through the proxy {connection.via.url}{login}")
    if connection.ca_bundle is not None:
        parts.append(f"trusting {connection.ca_bundle}")
    return f", {', '.join(parts)}" if parts else ""


def _live(
    client: HubSpotClient, connection: Connection, prefix: str, needs: Needs, names: dict[str, str]
) -> Iterator[Probe]:
    foreign = False
    try:
        account, limits = read_account(client)
    except DeliveryError as error:
        yield _no_account(error, connection)
        if error.status is None or error.status == 401 or 300 <= error.status < 400:
            yield _prefix(prefix, None)
            yield from _named(names)
            return  # all other requests would fail, too
        yield _prefix(prefix, None)
    else:
        zone = f", time zone {account.time_zone}" if account.time_zone else ""
        yield Probe("token", "ok", f"accepted by HubSpot: portal {account.portal_id}{zone}", live=True)
        yield from _account_limits(limits)
        of_prefix = _prefix(prefix, account)
        yield of_prefix
        foreign = of_prefix.verdict == "wrong"
    if foreign:  # no definition of this account begins with it: that is one fault, not one for each event
        sentence = f"not checked: the account has no event whose name begins with {prefix}"
        yield Probe("event definitions", "note", sentence, "correct the prefix first")
        yield from _named(names)
    else:
        yield from _guarded(
            "event definitions",
            _DEFINE_SCOPE,
            lambda: _events(needs, read_definitions(client), names),
            lambda: _named(names),
        )
    if needs.contact_properties:
        yield from _guarded(
            "contact properties",
            _SCHEMA_SCOPE,
            lambda: _contacts(needs, read_contact_properties(client)),
            lambda: (),
        )


def _no_account(error: DeliveryError, connection: Connection) -> Probe:
    if error.status is None:
        if error.kind == "unauthorized":  # the token cannot even be sent
            return Probe(
                "token", "wrong", error.message, "copy the whole token again", live=True, answered=False
            )
        hint = "check baseUrl, proxy and caBundle"
        if connection.is_local:
            hint = "is hubspot-sim serve running there?"
        return Probe("HubSpot", "wrong", error.message, hint, live=True, answered=False)
    if 300 <= error.status < 400:
        sentence = f"{error.status}: {error.message}"
        return Probe("HubSpot", "wrong", sentence, "set baseUrl to HubSpot's address", live=True)
    if error.status == 401:
        hint = "create a new one in HubSpot (Development, Keys) and set HUBSPOT_ACCESS_TOKEN"
        return Probe("token", "wrong", f"not accepted by HubSpot: {error.describe()}", hint, live=True)
    response = error.describe()
    sentence = f"its account cannot be determined: {response}"
    return Probe("token", "warning", sentence, live=True, refusal=response)


def _account_limits(limits: PortalLimits) -> Iterator[Probe]:
    parts = []
    if limits.burst is not None:
        seconds = (limits.interval_ms or 10_000) / 1000
        left = "" if limits.burst_left is None else f", {limits.burst_left} left"
        parts.append(f"{limits.burst:,} {plural(limits.burst, 'call')} in {seconds:g} s{left}")
    if limits.day is not None:
        left = "" if limits.day_left is None else f", {limits.day_left:,} left"
        parts.append(f"{limits.day:,} {plural(limits.day, 'call')} per day{left}")
    if parts:
        empty = limits.day_left == 0
        yield Probe(
            "account limits",
            "warning" if empty else "ok",
            "; ".join(parts) + " (for contacts and definitions, not for events)",
            "contacts wait until midnight in the account's time zone" if empty else "",
            live=True,
        )


def _prefix(prefix: str, account: Account | None) -> Probe:
    portal = portal_of(prefix)
    if portal is None:
        hint = (
            f"pe{account.portal_id}_"
            if account is not None
            else "pe, the portal's number, and _: pe12345678_"
        )
        return Probe(
            "prefix", "wrong", f"{prefix} is not a prefix of custom events", hint, live=account is not None
        )
    if account is None:
        return Probe(
            "prefix", "note", f"{prefix} is for portal {portal}; whether this is the token's was not checked"
        )
    if portal != account.portal_id:
        sentence = f"{prefix} is for portal {portal}, but the token is for portal {account.portal_id}"
        return Probe("prefix", "wrong", sentence, f"eventNamePrefix: pe{account.portal_id}_", live=True)
    return Probe("prefix", "ok", f"{prefix} is for this portal", live=True)


def _guarded(
    subject: str, scope: str, checks: Callable[[], Iterable[Probe]], otherwise: Callable[[], Iterable[Probe]]
) -> Iterator[Probe]:
    """Yield the probes of `checks`; if HubSpot does not answer, yield that and the probes of `otherwise`."""
    try:
        yield from checks()
    except DeliveryError as error:
        response = error.describe()
        if error.status == 403:
            scopes = ", ".join(error.scopes) or scope
            sentence = f"not checked, since the token may not read them: {response}"
            hint = f"grant it the scope {scopes} for this check"
            yield Probe(subject, "note", sentence, hint, live=True, refusal=response)
        else:
            answered = error.status is not None
            yield Probe(
                subject,
                "warning",
                f"not checked: {response}",
                live=True,
                refusal=response,
                answered=answered,
            )
        yield from otherwise()


def _events(needs: Needs, known: dict[str, PortalDefinition], bad_names: dict[str, str]) -> Iterator[Probe]:
    for name, properties in sorted(needs.events.items()):
        subject = f"event {name}"
        definition = known.get(name)
        if definition is None and name in bad_names:
            yield from _named({name: f"has no definition: {bad_names[name]}"}, live=True)
            continue
        if definition is None:
            yield Probe(
                subject,
                "wrong",
                "has no definition: HubSpot refuses it",
                _like(name, known) or _CREATE,
                live=True,
            )
            continue
        if definition.archived:
            yield Probe(subject, "wrong", "its definition is archived", "restore it in HubSpot", live=True)
            continue
        missing = properties - definition.property_names - STANDARD_EVENT_PROPERTIES.keys()
        for text in sorted(missing):
            hint = _like(text, definition.property_names) or "add it to the definition, or remove it"
            yield Probe(subject, "wrong", f"its definition has no property {text}", hint, live=True)
        if not missing:
            count = f"and its {amount(len(properties), 'property')} exist" if properties else "exists"
            yield Probe(subject, "ok", f"the definition {count}", live=True)


def _contacts(needs: Needs, known: set[str]) -> Iterator[Probe]:
    missing = needs.contact_properties - known
    for text in sorted(missing):
        hint = _like(text, known) or _CREATE
        sentence = f"contacts have no property {text}: HubSpot refuses the contact"
        yield Probe("contact properties", "wrong", sentence, hint, live=True)
    if not missing:
        names = ", ".join(sorted(needs.contact_properties))
        yield Probe("contact properties", "ok", f"all exist: {names}", live=True)


def _bad_names(needs: Needs, prefix: str) -> dict[str, str]:
    """Return name to reason for names that HubSpot does not allow (HubSpot wire facts, section 1.5)."""
    reasons = {}
    for name in sorted(needs.events):
        violation = check_event_name(f"{_ANY_PREFIX}{name.removeprefix(prefix)}")
        if violation is not None and CATALOGUE[violation.code].severity == "refused":
            reasons[name] = violation.sentence
    return reasons


def _named(names: dict[str, str], *, live: bool = False) -> Iterator[Probe]:
    for name, sentence in names.items():
        yield Probe(f"event {name}", "wrong", sentence, "set settings.eventName in the rule", live=live)


def _counts(needs: Needs) -> Iterator[Probe]:
    """Yield a probe for each event with more properties than HubSpot allows (HubSpot wire facts, section 1.5)."""
    for name, properties in sorted(needs.events.items()):
        if len(properties) > MAX_PROPERTIES:
            sentence = f"{len(properties)} properties; HubSpot allows {MAX_PROPERTIES}"
            yield Probe(f"event {name}", "wrong", sentence)


def _like(name: str, known: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"did you mean {matches[0]}?" if matches else ""
