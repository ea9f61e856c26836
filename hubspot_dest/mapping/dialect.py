"""Versions of the mapping language, as data (`docs/departures.md`; walkerOS changes since 4.4, section 1).

Each field names one behaviour that walkerOS changed. The compilers read the fields once, when a configuration is
compiled; planning an event never checks a version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["DIALECTS", "WALKEROS_4_4", "WALKEROS_4_7", "Dialect", "Divergence", "dialect_of"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The behaviours of one version of the mapping language.

    Attributes:
        version: the walkerOS version, for messages: `4.4`.
        awaits_conditions: a rule's async condition is awaited; otherwise a promise counts as true (4.7.2).
        failed_condition_is_no_match: a rule whose condition throws does not match, and the next rule is tried;
            otherwise the push fails (4.7.2).
        repeats_last_resort: the rules at `* *` are tried a second time when they were the first choice (until 4.7.2).
        one_producer: of `loop`, `map`, `set`, `key` and `fn` only the first that is present runs; otherwise `fn` runs,
            `key` replaces its result, and `loop`, `map` or `set` replaces that. A loop whose scope is not a list
            therefore has no result; otherwise its result is the value so far, often the whole event (4.7.0).
        item_consent_grants: inside a loop, an item's own `consent` replaces the event's (until 4.7.1).
        policy_removes: a policy entry without a result removes the field; otherwise the field is set to undefined,
            and missing parents are created (4.7.0).

    """

    version: str
    awaits_conditions: bool
    failed_condition_is_no_match: bool
    repeats_last_resort: bool
    one_producer: bool
    item_consent_grants: bool
    policy_removes: bool


WALKEROS_4_4: Final = Dialect(
    version="4.4",
    awaits_conditions=False,
    failed_condition_is_no_match=False,
    repeats_last_resort=True,
    one_producer=False,
    item_consent_grants=True,
    policy_removes=False,
)
"""walkerOS at commit dc29a82: release 4.4.0 plus unreleased changes."""

WALKEROS_4_7: Final = Dialect(
    version="4.7",
    awaits_conditions=True,
    failed_condition_is_no_match=True,
    repeats_last_resort=False,
    one_producer=True,
    item_consent_grants=False,
    policy_removes=True,
)
"""walkerOS 4.7.2: the mapping language without the defects above; the default of the sender."""

DIALECTS: Final = {dialect.version: dialect for dialect in (WALKEROS_4_4, WALKEROS_4_7)}


def dialect_of(version: str) -> Dialect:
    """Return the mapping language of a walkerOS version.

    Raises:
        ValueError: for a version other than 4.4 and 4.7.

    """
    dialect = DIALECTS.get(version)
    if dialect is None:
        msg = f"walkerOS {version!r} is not supported; use {' or '.join(DIALECTS)}"
        raise ValueError(msg)
    return dialect


@dataclass(frozen=True, slots=True)
class Divergence:
    """What walkerOS 4.4 would have done with an event that a newer version handles differently.

    Attributes:
        code: the stable name of the behaviour: `walkeros_async_condition`, `walkeros_condition_threw`,
            `walkeros_loop_without_list`, `walkeros_item_consent`, `walkeros_policy_keeps_key`.
        sentence: what walkerOS 4.4 would do, and which version changed it.

    """

    code: str
    sentence: str
