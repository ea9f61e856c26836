"""The two profiles: what walkerOS does, call for call, and what this sender does by default.

A profile is data. `factory.py` chooses one and the collaborators that fit it; no other code asks which one it is.
Every difference between `PARITY` and `DEFAULT` is listed in docs/departures.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from hubspot_dest.mapping.dialect import WALKEROS_4_4, WALKEROS_4_7, Dialect

__all__ = ["DEFAULT", "PARITY", "PlanPolicy", "Profile", "profile_of"]


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """What the sender does better than walkerOS while planning; parity switches all of it off.

    Attributes:
        honour_skip: `skip: true` suppresses the event as documented; walkerOS 4 ignores it (section 9).
        stringify_defaults: `defaultProperties` become strings like every other property (defect D9).
        settled_order: overlapping edits of a policy are applied in upstream's accidental order (section 3.4), not in
            the order of the configuration.
        refuse_bad_dates: a timestamp that is not a date fails that event alone, not the batch around it (section 5.7).
        omit_unprintable: a property that JavaScript cannot convert to a text is left out, with an error; in walkerOS
            it fails the event.
        omit_emptied: a property whose loop has items but no value to send (no consent, a false condition) is left out;
            walkerOS sends an empty text, which clears a property of a contact.
        dialect: the version of the mapping language: the default is the one without the defects of 4.4.
        divergences: plans name what walkerOS 4.4 would have done with the mapping, where that differs.

    """

    honour_skip: bool = True
    stringify_defaults: bool = True
    refuse_bad_dates: bool = True
    settled_order: bool = False
    omit_unprintable: bool = True
    omit_emptied: bool = True
    dialect: Dialect = WALKEROS_4_7
    divergences: bool = True

    @classmethod
    def parity(cls, dialect: Dialect = WALKEROS_4_4) -> PlanPolicy:
        """Return what walkerOS does, with the mapping language of one of its versions."""
        return cls(
            honour_skip=False,
            stringify_defaults=False,
            refuse_bad_dates=False,
            settled_order=True,
            omit_unprintable=False,
            omit_emptied=False,
            dialect=dialect,
            divergences=False,
        )

    @classmethod
    def better(cls, compared_with: Dialect = WALKEROS_4_4) -> PlanPolicy:
        """Return the better sender's policy; its plans name how they differ from a version of walkerOS."""
        return cls(divergences=compared_with != WALKEROS_4_7)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the destination does where walkerOS and this sender differ.

    Attributes:
        plan: what planning does differently.
        contact_memory: how many contacts are remembered as already written: the last one, or many.
        creates_contacts: an update that HubSpot answers with 404 creates the contact.
        uuid: every occurrence carries a uuid derived from the event's id, so that a retry counts once (defect D22).
        lossy_batches: a batch leaves the queue before it is sent (defect D1).
        own_refusal_counts: an event that itself refuses consent is never released by the collector's (defect D6).
        contact_blocks_event: a contact that HubSpot refuses keeps the event from being sent (defect D2).
        lazy_checks: the configuration is read without validation, and a missing token is found at the first event,
            which is then lost (defect D7), not at construction.
        given_client_needs_token: a client that is passed in does not replace the token.
        flush_given_client: a client that is passed in is flushed at shutdown as well (defect D23).
        logs_destroy_failure: a flush that fails at shutdown is logged as `destroy failed`.
        logs_first_merge_error: of several events of a pass whose user cannot be merged, only the first is logged.

    """

    plan: PlanPolicy
    contact_memory: Literal["last", "many"]
    creates_contacts: bool
    uuid: bool
    lossy_batches: bool
    own_refusal_counts: bool
    contact_blocks_event: bool
    lazy_checks: bool
    given_client_needs_token: bool
    flush_given_client: bool
    logs_destroy_failure: bool
    logs_first_merge_error: bool


# What walkerOS does, its losses included.
PARITY: Final = Profile(
    plan=PlanPolicy.parity(),
    contact_memory="last",
    creates_contacts=False,
    uuid=False,
    lossy_batches=True,
    own_refusal_counts=False,
    contact_blocks_event=True,
    lazy_checks=True,
    given_client_needs_token=True,
    flush_given_client=False,
    logs_destroy_failure=True,
    logs_first_merge_error=True,
)

# Keeps what walkerOS loses and saves the calls that it repeats.
DEFAULT: Final = Profile(
    plan=PlanPolicy(),
    contact_memory="many",
    creates_contacts=True,
    uuid=True,
    lossy_batches=False,
    own_refusal_counts=True,
    contact_blocks_event=False,
    lazy_checks=False,
    given_client_needs_token=False,
    flush_given_client=True,
    logs_destroy_failure=False,
    logs_first_merge_error=False,
)


def profile_of(dialect: Dialect = WALKEROS_4_4, *, parity: bool) -> Profile:
    """Return `PARITY` or `DEFAULT` for a version of walkerOS.

    Args:
        dialect: the version that parity reproduces, and that the plans of `DEFAULT` are compared with.
        parity: which of the two.

    """
    if parity:
        return replace(PARITY, plan=PlanPolicy.parity(dialect))
    return replace(DEFAULT, plan=PlanPolicy.better(dialect))
