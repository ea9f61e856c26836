"""Decide what to do about a failed request: retry, wait, bisect, or give up. Pure: no clock, no sleeping.

The table in docs/delivery.md describes this module (HubSpot wire facts, sections 1.3, 5 and 6).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = [
    "Bisect",
    "Circumstances",
    "Dead",
    "Decision",
    "Pause",
    "Retry",
    "RetryPolicy",
    "decide",
]

Scope = Literal["contacts", "events", "all"]

_NOT_HERE: Final = (404, 405, 407, 410, 501)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to retry.

    Attributes:
        base_seconds: the first wait is drawn from 0 to this; each further one from twice as much.
        cap_seconds: no wait is drawn from more than this.
        attempts: a single intent is given up after this many failures while others were delivered.
        give_up_seconds: an intent older than this is given up at its next failure, whether or not others were
            delivered.
        locked_seconds: HubSpot's locks last this long (wire facts, 5).
        ten_seconds: how long a ten-secondly limit takes to roll over.
        paused_seconds: between attempts when something is wrong that only a person can fix (401, 403, address).
        portal_zone: the time zone of the account, whose midnight ends the daily limit; not in HubSpot's answers.

    """

    base_seconds: float = 0.5
    cap_seconds: float = 60.0
    attempts: int = 8
    give_up_seconds: float = 3 * 86_400.0
    locked_seconds: float = 2.0
    ten_seconds: float = 10.0
    paused_seconds: float = 60.0
    portal_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on besides the error.

    Attributes:
        what: a contact or event occurrences.
        size: how many intents the request held.
        failures: how often this request failed, this failure included; waits for a limit do not count.
        blamed: how many of these failures happened while other requests succeeded; an outage is not the intent's fault.
        age_seconds: since the oldest of them was accepted.
        now: UNIX time.

    """

    what: Literal["contacts", "events"]
    size: int
    failures: int
    blamed: int
    age_seconds: float
    now: float


@dataclass(frozen=True, slots=True)
class Retry:
    """Send the same again after this many seconds; others do not wait for it."""

    after: float
    outage: bool = True


@dataclass(frozen=True, slots=True)
class Dead:
    """Do not send it again: make it a dead letter, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Bisect:
    """Send it in parts, to isolate what HubSpot refuses."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing of this scope for this many seconds, and then the same again; no attempt is counted.

    Attributes:
        seconds: how long.
        scope: what waits: HubSpot's account limits count contacts only, a wrong token stops everything.
        reason: `ten_secondly`, `daily`, `secondly`, `limit`, `moving`, `unauthorized` or `address`.
        needs_hand: waiting does not help; a person has to change something.

    """

    seconds: float
    scope: Scope
    reason: str
    needs_hand: bool = False


Decision = Retry | Dead | Bisect | Pause


def decide(error: DeliveryError, case: Circumstances, policy: RetryPolicy, rng: random.Random) -> Decision:
    """Return what to do about a failed request.

    Args:
        error: why it failed.
        case: what was sent, and how its failures compare with others.
        policy: how often and how long to retry.
        rng: draws the jitter.

    """
    if error.kind == "impossible":
        return Bisect() if case.size > 1 else Dead("impossible")
    if error.kind == "unauthorized":
        return Pause(policy.paused_seconds, "all", "unauthorized", needs_hand=True)
    if error.kind == "rate_limited":
        return _limited(error, case, policy, rng)
    if error.status == 477:  # the account moves to another data centre: up to a day
        return Pause(_asked(error, policy.cap_seconds), "all", "moving")
    if error.kind == "refused":
        return _refused(error, case, policy)
    return _trouble(error, case, policy, rng)


def _refused(error: DeliveryError, case: Circumstances, policy: RetryPolicy) -> Decision:
    status = error.status or 0
    if status < 400 or status in _NOT_HERE:
        # Not an answer to an occurrence or a contact: a redirect, a proxy, a missing page. A wrong address
        # must not turn every event into a dead letter. (A contact's own 404 means "create it" and ends before.)
        return Pause(policy.paused_seconds, "all", "address", needs_hand=True)
    return Bisect() if case.size > 1 else Dead("refused")


def _limited(error: DeliveryError, case: Circumstances, policy: RetryPolicy, rng: random.Random) -> Pause:
    name = (error.policy_name or "").upper()
    jitter = rng.random()
    if name == "DAILY":
        seconds, reason = _until_midnight(case.now, policy.portal_zone) + jitter, "daily"
    elif name == "TEN_SECONDLY_ROLLING":
        seconds, reason = policy.ten_seconds / 2 * (1 + jitter), "ten_secondly"
    elif name == "SECONDLY":
        seconds, reason = 1.0 + jitter / 10, "secondly"
    else:
        seconds, reason = _drawn(case.failures + 3, policy, rng) + 1.0, "limit"
    if error.retry_after is not None:
        seconds = error.retry_after + jitter / 10
    return Pause(seconds, case.what, reason)


def _trouble(
    error: DeliveryError, case: Circumstances, policy: RetryPolicy, rng: random.Random
) -> Retry | Dead | Bisect:
    """Decide about a missing or broken answer, 408, 423 and 5xx: HubSpot's fault, unless one intent causes it."""
    if case.size > 1 and case.failures >= 2 and (case.blamed or error.status == 500):
        return Bisect()
    if case.size == 1:
        if case.blamed >= policy.attempts:
            return Dead("attempts")
        if case.age_seconds >= policy.give_up_seconds:
            return Dead("age")
    after = _drawn(case.failures, policy, rng)
    if error.status == 423:
        return Retry(policy.locked_seconds + after, outage=False)
    if error.retry_after is not None:
        return Retry(max(error.retry_after, after))
    return Retry(after)


def _drawn(failures: int, policy: RetryPolicy, rng: random.Random) -> float:
    """Draw a wait with full jitter: 0 to base · 2^(failures - 1), never from more than the cap."""
    most = min(policy.cap_seconds, policy.base_seconds * 2.0 ** min(failures - 1, 30))
    return rng.random() * most


def _asked(error: DeliveryError, default: float) -> float:
    return default if error.retry_after is None else min(error.retry_after, 86_400.0)


def _until_midnight(now: float, zone: str) -> float:
    """Return the seconds until the account's day ends (wire facts, 6), summer time included."""
    from zoneinfo import ZoneInfo  # only a daily limit asks for it

    here = datetime.fromtimestamp(now, ZoneInfo(zone))
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC).timestamp() - now
