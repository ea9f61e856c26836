"""The counts of a run: `RunCounters` counts outcomes and calls, `EventBalance` balances events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, assert_never

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.bad_lines import unusable
from hubspot_dest.cli.console import say
from hubspot_dest.intake.reader import BadLine
from hubspot_dest.outcome import EVENT_KINDS, Outcome
from hubspot_dest.verdict.missing_emails import MissingEmails

__all__ = ["EventBalance", "RunCounters"]

_REFUSED_CONSENT: Final = "consent_refused"  # such an event is not kept


class RunCounters:
    """Counts of outcomes, calls and bad lines of a run.

    Args:
        emails: counts the events without an e-mail, for a warning at the end; None to skip it.
        shown_bad_lines: the number of bad lines to show; the others are only counted. None for all.

    """

    def __init__(self, emails: MissingEmails | None = None, *, shown_bad_lines: int | None = None) -> None:
        self.emails = emails
        self._shown_bad_lines = shown_bad_lines
        self.events = 0
        self.bad_lines = 0
        self.kinds: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.contact_calls = 0
        self.event_calls = 0
        self.flushed = 0
        self.wrong = 0
        self._consent_refused = 0

    def bad_line(self, bad: BadLine, source: str) -> None:
        """Count a line that is not an event, and report what is wrong with it."""
        self.bad_lines += 1
        if self._shown_bad_lines is not None and self.bad_lines > self._shown_bad_lines:
            if self.bad_lines == self._shown_bad_lines + 1:
                say(
                    "further bad lines are only counted, in the table at the end; --verbose shows each of them"
                )
            return
        say(f"error: {unusable(bad, source)}")

    def count(self, outcome: Outcome) -> None:
        """Count an outcome; the events of a batch are counted separately from its calls."""
        for call in outcome.calls:
            if str(call[0]).startswith("crm."):
                self.contact_calls += 1
            else:
                self.event_calls += 1
        if not outcome.ok:
            self.wrong += 1
        if self.emails is not None:
            self.emails.add(outcome)
        if outcome.delivery:
            self._move(outcome)
            return
        if outcome.events:
            self.flushed += len(outcome.events) if outcome.kind == "flushed" else 0
            return
        self.kinds[outcome.kind] += 1
        if outcome.kind == "denied" and outcome.reason == _REFUSED_CONSENT:
            self._consent_refused += 1
        self.rules[outcome.rule_key or "(no rule)"] += 1

    def _move(self, outcome: Outcome) -> None:
        """Count events that were delivered or became dead letters."""
        if outcome.kind in ("sent", "flushed"):
            taken = len(outcome.events) if outcome.kind == "flushed" else 1
            self.flushed += len(outcome.events)
            became = "sent"
        elif outcome.kind == "failed" and outcome.reason not in ("delivery_paused", "contact_failed"):
            taken, became = 1, "failed"
        else:
            return
        self.kinds[became] += taken

    def settle(self, waiting: int) -> None:
        """Count events still waiting for consent as denied; released and dropped events have another outcome."""
        self.kinds["denied"] = waiting + self._consent_refused

    def record(self, **more: Any) -> dict[str, Any]:
        """Return the summary record of `--json`."""
        return {
            "summary": True,
            "events": self.events,
            "badLines": self.bad_lines,
            "outcomes": {kind: self.kinds[kind] for kind in EVENT_KINDS if self.kinds[kind]},
            "rules": dict(self.rules),
            "calls": {"contacts": self.contact_calls, "events": self.event_calls},
            "flushed": self.flushed,
            **more,
        }

    def sentence(self) -> str:
        """Summarise the counts: `12 events: 9 sent, 2 skipped, 1 failed; 4 contact calls, 9 event calls`."""
        counted: dict[str, int] = {kind: self.kinds[kind] for kind in EVENT_KINDS}
        kinds = _listed(counted, self._consent_refused)
        return f"{amount(self.events, 'event')}: {kinds or 'nothing'}{self.tail()}"

    def tail(self) -> str:
        """Return the end of the line: bad lines, and the calls that were made, failed ones included."""
        bad = f", {amount(self.bad_lines, 'bad line')}" if self.bad_lines else ""
        contacts = amount(self.contact_calls, "contact call")
        return f"{bad}; {contacts}, {amount(self.event_calls, 'event call')}"


def _listed(kinds: Mapping[str, int], refused: int) -> str:
    """List the counts of a closing line; denied events wait for consent, or are refused by their own."""
    return ", ".join(
        f"{count} {kind}{_why_denied(count - refused, refused) if kind == 'denied' else ''}"
        for kind, count in kinds.items()
        if count
    )


def _why_denied(waiting: int, refused: int) -> str:
    waits = f"{verb(waiting, 'wait')} for consent"
    refuses = f"{verb(refused, 'refuse')} consent {'itself' if refused == 1 else 'themselves'}"
    if waiting > 0 and refused:
        return f" ({waiting} {waits} and {refused} {refuses})"
    return f" ({refuses})" if refused else f" ({waits})"


_MOST_EARLY: Final = 10_000


class EventBalance:
    """The balance of one run.

    Args:
        pending: how many events of an earlier run are in the outbox.
        contact_only: the ids of those events that only write a contact.
        waiting: how many events of an earlier run wait for consent.
        lossy: a batch that fails is lost, as in walkerOS.

    Attributes:
        came_in: events that were read in this run.
        sent: events that HubSpot took.
        contacts_only: events that only write a contact, which HubSpot took.
        skipped: events of which nothing is sent: no identity, nothing new.
        consent_refused: events whose own consent refuses, which are not kept.
        ignored: events that a rule leaves out.
        failed: events that were refused or could not be accepted.
        pending: events in the outbox, or in a batch in memory.
        contacts_written: contacts that HubSpot took through the outbox.
        contacts_refused: contacts that HubSpot refused while their event went on.

    """

    def __init__(
        self,
        *,
        pending: int = 0,
        contact_only: Iterable[str] = (),
        waiting: int = 0,
        lossy: bool = False,
    ) -> None:
        self._contact_only = Counter(contact_only)
        self._early: Counter[str] = Counter()
        self._lossy = lossy
        self.earlier = pending + waiting
        self.pending = pending
        self.came_in = self.sent = self.contacts_only = self.skipped = self.ignored = self.failed = 0
        self.consent_refused = self.contacts_written = self.contacts_refused = 0

    @property
    def went_out(self) -> int:
        """Events that HubSpot took, those included that only write a contact."""
        return self.sent + self.contacts_only

    def pending_contacts(self, intents: int) -> int:
        """Return how many contacts wait in the outbox to be written, where it holds `intents` entries.

        An event that only writes a contact is one entry, and counts as an event and as a contact.
        """
        return max(0, intents - self.pending + self._contact_only.total())

    def count(self, outcome: Outcome) -> None:
        """Count one outcome."""
        if outcome.delivery:
            self._delivery(outcome)
        elif outcome.events:
            self._batch(outcome)
        else:
            self._event(outcome)

    def accepted(self) -> None:
        """Forget early deliveries, since all of them have been matched with their events."""
        self._early.clear()

    def _event(self, outcome: Outcome) -> None:
        kind = outcome.kind
        if outcome.error is not None and kind != "failed":
            self.contacts_refused += 1
        if self._lossy and outcome.reason == "flush_failed":
            self.pending += 1
            return
        match kind:
            case "queued":
                self.pending += 1
            case "identified" if outcome.reason == "outbox" and not self._early[outcome.event_id]:
                self.pending += 1
                self._contact_only[outcome.event_id] += 1
            case "identified":
                self.contacts_only += 1
                if outcome.reason == "outbox":
                    self._early[outcome.event_id] -= 1
            case "sent":
                self.sent += 1
            case "skipped":
                self.skipped += 1
            case "denied":
                self.consent_refused += outcome.reason == _REFUSED_CONSENT
            case "ignored":
                self.ignored += 1
            case "failed":
                self.failed += 1
            case "flushed" | "refused":  # batches, and predictions
                pass
            case _:
                assert_never(kind)

    def _batch(self, outcome: Outcome) -> None:
        if outcome.kind == "flushed":
            self.sent += len(outcome.events)
            self.pending -= len(outcome.events)
        elif outcome.kind == "failed" and self._lossy:
            self.failed += len(outcome.events)
            self.pending -= len(outcome.events)

    def _delivery(self, outcome: Outcome) -> None:
        kind = outcome.kind
        if kind in ("sent", "flushed"):
            count = len(outcome.events) or (1 if outcome.event_id else 0)
            self.sent += count
            self.pending -= count
        elif kind == "identified":
            self.contacts_written += len(outcome.events)
            for event_id in outcome.events:
                self.contacts_only += self._contact_done(event_id)
        elif kind == "failed" and outcome.event_id:
            if outcome.reason != "contact_failed":
                self.failed += 1
                self.pending -= 1
            elif self._contact_done(outcome.event_id, early=False):
                self.failed += 1
            else:
                self.contacts_refused += 1

    def _contact_done(self, event_id: str, *, early: bool = True) -> bool:
        """Return whether a contact that left the outbox was the only call of its event."""
        if self._contact_only.get(event_id, 0) > 0:
            self._contact_only[event_id] -= 1
            if not self._contact_only[event_id]:
                del self._contact_only[event_id]
            self.pending -= 1
            return True
        if early:
            self._early[event_id] += 1
            while (
                len(self._early) > _MOST_EARLY
            ):  # the contacts of events that are sent as well are here, too
                del self._early[next(iter(self._early))]
        return False

    def kinds(self, waiting: int) -> dict[str, int]:
        """Return the number of events per outcome; the sum is the events read plus those left by an earlier run.

        Args:
            waiting: the number of events waiting for consent.

        """
        kinds = {
            "sent": self.sent,
            "queued": max(
                0, self.pending
            ),  # negative if events were delivered before their acceptance was reported
            "identified": self.contacts_only,
            "skipped": self.skipped,
            "ignored": self.ignored,
            "denied": waiting + self.consent_refused,
            "failed": self.failed,
        }
        kinds["under way"] = max(0, self.came_in + self.earlier - sum(kinds.values()))
        return kinds

    def sentence(self, waiting: int) -> str:
        """Summarise the balance: `12 events and 3 of an earlier run: 9 sent, 4 queued, 2 skipped`."""
        kinds = _listed(self.kinds(waiting), self.consent_refused)
        earlier = f" and {self.earlier} of an earlier run" if self.earlier else ""
        return f"{amount(self.came_in, 'event')}{earlier}: {kinds or 'nothing to send'}"

    def record(self, *, waiting: int, bad_lines: int) -> dict[str, Any]:
        """Return the balance for `--json`; `cameIn` plus `earlier` equals the sum of the other figures."""
        kinds = self.kinds(waiting)
        return {
            "cameIn": self.came_in + bad_lines,
            "earlier": self.earlier,
            "wentOut": self.went_out,
            "skipped": self.skipped + self.ignored + self.consent_refused,
            "refused": self.failed + bad_lines,
            "waiting": waiting,
            "safe": kinds["queued"],
            "underWay": kinds["under way"],
        }
