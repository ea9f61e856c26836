"""Every outcome and every reason that an output prints: what it means and what to do.

`hubspot-dest explain WORD` shows an entry, and the table at the end of a run takes its fix from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["OUTCOME_WORDS", "OutcomeWord", "word_page"]

WordKind = Literal["outcome", "reason", "failure", "severity"]

_KINDS: Final = {
    "outcome": "An outcome: what became of an event.",
    "reason": "A reason: why an event has its outcome.",
    "failure": "A failure of a request to HubSpot.",
    "severity": "A severity of findings.",
}


@dataclass(frozen=True, slots=True)
class OutcomeWord:
    """A word of the outputs.

    Attributes:
        word: as it is printed and as `--json` has it.
        kind: what it stands for.
        about: what it means, in sentences.
        fix: what to do, short enough for a table; empty where there is nothing to do.
        outcomes: for a reason, the outcomes that it comes with.

    """

    word: str
    kind: WordKind
    about: str
    fix: str = ""
    outcomes: tuple[str, ...] = ()


def _words() -> Mapping[str, OutcomeWord]:
    again = "hubspot-dest outbox retry FILE sends it again"
    every = (
        OutcomeWord("sent", "outcome", "HubSpot took the event, or would take it in a preview."),
        OutcomeWord(
            "identified",
            "outcome",
            "Only the contact is created or updated; no event is sent. A silent rule asks for that, and a batch of "
            "contacts is reported so.",
        ),
        OutcomeWord(
            "queued",
            "outcome",
            "The event is accepted and not sent yet: it is in the outbox, on its way from a stream, or in a batch in "
            "memory.",
        ),
        OutcomeWord("flushed", "outcome", "A batch was sent: all of its events are with HubSpot."),
        OutcomeWord(
            "skipped",
            "outcome",
            "Nothing of the event is sent, and that is not a failure; the reason says why.",
        ),
        OutcomeWord("ignored", "outcome", "A rule with `ignore: true` leaves the event out."),
        OutcomeWord(
            "denied",
            "outcome",
            "The consent that the configuration asks for is missing. The event waits for it, unless the event itself "
            "refuses it.",
            "--consent NAME grants it, or the events bring it themselves",
        ),
        OutcomeWord(
            "failed",
            "outcome",
            "The event, or its contact, was not taken. Its reason is that of HubSpot or of the mapping; with an outbox "
            "it is kept as a dead letter.",
            "hubspot-dest outbox dead FILE lists dead letters with their reasons",
        ),
        OutcomeWord(
            "refused",
            "outcome",
            "HubSpot answers an error. As an outcome of `preview` it is predicted, and its reason is the code of a "
            "check; as a severity it is the worst; as a reason HubSpot understood the request and did not take it, so "
            "that sending it again changes nothing.",
            "hubspot-dest preview shows the check that refuses it, and explain CODE what to do",
        ),
        OutcomeWord(
            "under way",
            "outcome",
            "At the end of an interrupted run: the event was being accepted, or HubSpot may have taken it. What is in "
            "the outbox is sent by the next run.",
        ),
        OutcomeWord(
            "safe",
            "outcome",
            "The event is in the outbox and not delivered yet.",
            "send again with the same outbox",
        ),
        OutcomeWord(
            "lost",
            "outcome",
            "The event was not delivered and is gone with the process, because there was no outbox. As a severity of "
            "findings: nothing of it will ever arrive.",
            "an outbox keeps what was not delivered: leave --no-outbox out",
        ),
        OutcomeWord("doubtful", "severity", "HubSpot takes it, but hardly what was meant, or it is unknown."),
        OutcomeWord(
            "bad line",
            "outcome",
            "A line of EVENTS that is not an event: it is not JSON, or no object with a name of two words.",
            "correct the line",
        ),
        # Why an event has its outcome.
        OutcomeWord(
            "no_identity",
            "reason",
            "The event has neither an e-mail nor an objectId, so HubSpot could not tie it to a contact.",
            "give the event user.email or user.id, or map settings.email or settings.objectId",
            ("skipped",),
        ),
        OutcomeWord(
            "silent_rule",
            "reason",
            "The rule has `silent: true`: only the contact is written.",
            "remove silent from the rule if the event is to be sent",
            ("identified", "skipped"),
        ),
        OutcomeWord("rule_ignore", "reason", "The rule has `ignore: true`.", "", ("ignored",)),
        OutcomeWord(
            "disabled",
            "reason",
            "The configuration has `disabled: true`: nothing is sent.",
            "remove disabled from the configuration",
            ("ignored",),
        ),
        OutcomeWord(
            "mock",
            "reason",
            "The configuration has a `mock`, which stands for HubSpot's answer: nothing is sent.",
            "remove mock from the configuration",
            ("skipped",),
        ),
        OutcomeWord(
            "consent_missing",
            "reason",
            "Neither the collector nor the event grants a consent that the configuration asks for; the event waits for "
            "it, and goes out as soon as it is granted.",
            "--consent NAME grants it, or the events bring it themselves",
            ("denied",),
        ),
        OutcomeWord(
            "consent_refused",
            "reason",
            "The event itself refuses every consent that would let it pass. It is not kept, whatever --consent grants.",
            "nothing: the person refused",
            ("denied",),
        ),
        OutcomeWord(
            "consent_queue_full",
            "reason",
            "More events wait for consent than `queueMax` allows: the oldest are dropped.",
            "a larger queueMax, or none, keeps them",
            ("failed",),
        ),
        OutcomeWord(
            "contact_unchanged",
            "reason",
            "The contact was written before with the same values, and there is no event to send.",
            "nothing: HubSpot has these values already",
            ("skipped",),
        ),
        OutcomeWord(
            "mapping_error",
            "reason",
            "A rule, a function or a value of the mapping fails for the event, so that nothing of it is sent.",
            "correct the rule; hubspot-dest preview --explain shows where the value came from",
            ("failed",),
        ),
        OutcomeWord(
            "invalid_event",
            "reason",
            "It is not a walkerOS event: no object, or without a name of two words.",
            'an event name is two words, entity and action: "order complete"',
            ("failed",),
        ),
        OutcomeWord(
            "invalid_example",
            "reason",
            "A step example of a flow whose input is not an event.",
            'an event name is two words, entity and action: "order complete"',
            ("failed",),
        ),
        OutcomeWord(
            "bad_input", "reason", "A line of the input is not an event.", "correct the line", ("failed",)
        ),
        OutcomeWord(
            "no_event",
            "reason",
            "A line or a message that is not an event.",
            "correct the line",
            ("bad line",),
        ),
        OutcomeWord(
            "push_error",
            "reason",
            "The event cannot be completed: one of its fields has a form that walkerOS cannot work with.",
            "correct the field that the sentence names",
            ("failed",),
        ),
        OutcomeWord("send_failed", "reason", "The request for this event failed.", "", ("failed",)),
        OutcomeWord("send", "reason", "The rule sends the event; there is nothing to add.", "", ("sent",)),
        OutcomeWord("delivered", "reason", "HubSpot took the event.", "", ("sent",)),
        OutcomeWord(
            "outbox",
            "reason",
            "With `queued`: the event is on disk, and safe. With `failed`: the outbox could not store it.",
            "remove the cause that the message names or choose another --outbox, then send again",
            ("queued", "failed"),
        ),
        OutcomeWord(
            "stream",
            "reason",
            "The event is on its way; the stream keeps it until it is delivered, or could not take it.",
            "",
            ("queued", "failed"),
        ),
        OutcomeWord("batch", "reason", "The event waits in memory for its batch.", "", ("queued",)),
        OutcomeWord("batch_sent", "reason", "Several events went out in one request.", "", ("flushed",)),
        OutcomeWord(
            "contacts_together", "reason", "Several contacts are written in one request.", "", ("identified",)
        ),
        OutcomeWord("contact_written", "reason", "HubSpot took the contact.", "", ("identified",)),
        OutcomeWord(
            "contact_failed",
            "reason",
            "HubSpot refused the contact. Its events go on; with --parity they are lost, as in walkerOS.",
            "correct the contact properties; hubspot-dest doctor shows what HubSpot lacks",
            ("failed",),
        ),
        OutcomeWord(
            "flush_failed",
            "reason",
            "A batch in memory could not be sent. It stays in memory and is tried with the next one.",
            "",
            ("failed",),
        ),
        OutcomeWord(
            "batch_lost",
            "reason",
            "A batch in memory could not be sent and is gone, as walkerOS does it.",
            "an outbox keeps it: leave --parity and --no-outbox out",
            ("failed",),
        ),
        OutcomeWord(
            "not_delivered",
            "reason",
            "HubSpot did not take the event before the run ended. Its sentence is the last failure.",
            "send again with the same outbox",
            ("safe", "lost"),
        ),
        OutcomeWord(
            "not_flushed", "reason", "The sender was replaced before HubSpot took the event.", "", ("failed",)
        ),
        OutcomeWord(
            "retry", "reason", "A request failed for a passing cause, and is sent again.", "", ("queued",)
        ),
        OutcomeWord(
            "bisected",
            "reason",
            "HubSpot refused a request with several events: it is sent again in parts, until the one that is refused "
            "is alone.",
            "",
            ("queued",),
        ),
        OutcomeWord(
            "delivery_paused",
            "reason",
            "Nothing is sent for a while: a limit is reached, the token is not accepted, or the server at the address "
            "does not answer as HubSpot does. Nothing is lost meanwhile.",
            "the sentence names the cause; hubspot-dest doctor tests it",
            ("failed",),
        ),
        OutcomeWord("delivery_resumed", "reason", "HubSpot takes requests again.", "", ("flushed",)),
        OutcomeWord(
            "attempts",
            "reason",
            "The event was tried as often as is allowed, while others went out: it is given up as a dead letter.",
            again,
            ("failed",),
        ),
        OutcomeWord(
            "age",
            "reason",
            "The event was tried for longer than is allowed, and is a dead letter.",
            again,
            ("failed",),
        ),
        OutcomeWord(
            "impossible",
            "reason",
            "It cannot be written as JSON or made into a request, so it was never sent.",
            "correct the value that the sentence names",
            ("failed",),
        ),
        OutcomeWord(
            "init_failed",
            "reason",
            "The settings are unusable, which walkerOS notices only when it sends.",
            "hubspot-dest lint CONFIG names what to correct",
            ("failed",),
        ),
        OutcomeWord(
            "unknown_command", "reason", "A command to the collector that it does not know.", "", ("failed",)
        ),
        OutcomeWord(
            "bad_command",
            "reason",
            "A command in a stream whose data cannot be read.",
            "correct the message",
            ("failed",),
        ),
        OutcomeWord(
            "command", "reason", "A command to the collector, which is not an event.", "", ("skipped",)
        ),
        OutcomeWord("listening", "reason", "The source waits for events over HTTP.", ""),
        OutcomeWord(
            "sender_bug",
            "reason",
            "The sender raised an error of its own: a bug.",
            "report it with the event",
            ("failed",),
        ),
        # Why delivery pauses.
        OutcomeWord(
            "ten_secondly",
            "reason",
            "The account's limit of requests in ten seconds is reached.",
            "wait, or --max-rps N",
        ),
        OutcomeWord(
            "secondly", "reason", "The limit of requests in a second is reached.", "wait, or --max-rps N"
        ),
        OutcomeWord(
            "daily",
            "reason",
            "The account's limit of requests a day is reached; contacts wait until midnight "
            "in the account's time zone.",
            "--portal-zone names the time zone",
        ),
        OutcomeWord("limit", "reason", "A limit is reached that HubSpot did not name.", "wait"),
        OutcomeWord(
            "moving", "reason", "HubSpot moves the account to another data centre.", "wait, up to a day"
        ),
        OutcomeWord(
            "address",
            "reason",
            "The server at the address does not answer as HubSpot does.",
            "check baseUrl, apiVersion and proxy; hubspot-dest doctor tests them",
        ),
        # Messages of a stream that are no events.
        OutcomeWord(
            "no_json",
            "reason",
            "A message of a stream that is not JSON.",
            "correct the producer",
            ("failed",),
        ),
        OutcomeWord(
            "no_value",
            "reason",
            "A message of a stream without a value.",
            "correct the producer",
            ("failed",),
        ),
        OutcomeWord(
            "encoding",
            "reason",
            "A message whose text is not UTF-8, or is compressed in an unknown way.",
            "correct the producer",
            ("failed",),
        ),
        OutcomeWord(
            "too_large",
            "reason",
            "A message of a stream that is larger than --max-message allows.",
            "a larger --max-message",
            ("failed",),
        ),
        OutcomeWord(
            "flat_fields",
            "reason",
            "An entry of a Redis stream whose event is not in one field.",
            "set serialization: json in walkerOS' redis settings",
            ("failed",),
        ),
        OutcomeWord(
            "mapped_data",
            "reason",
            "A message that is not an event, but the result of mapping one.",
            "remove data from the rule or the destination that writes it",
            ("failed",),
        ),
        # Why a request failed.
        OutcomeWord(
            "unauthorized",
            "failure",
            "401 or 403: HubSpot does not take the token, or it lacks a scope.",
            "check HUBSPOT_ACCESS_TOKEN; hubspot-dest doctor tests it",
        ),
        OutcomeWord(
            "rate_limited",
            "failure",
            "429: a limit of the account is reached.",
            "wait, or --max-rps N; it is sent again by itself",
        ),
        OutcomeWord(
            "unavailable",
            "failure",
            "423, 477 or 5xx: HubSpot has a fault, or is busy.",
            "wait; it is sent again by itself",
        ),
        OutcomeWord(
            "timeout",
            "failure",
            "No answer came in time; HubSpot may have taken it all the same. What is sent "
            "again is counted once.",
            "wait, or a longer --timeout; it is sent again by itself",
        ),
        OutcomeWord(
            "unreachable",
            "failure",
            "There is no connection, or it broke.",
            "check baseUrl, proxy and caBundle; hubspot-dest doctor tests them",
        ),
        OutcomeWord(
            "unreadable",
            "failure",
            "The answer cannot be read; HubSpot may have taken it all the same.",
            "check that baseUrl is HubSpot; hubspot-dest doctor tests it",
        ),
    )
    return MappingProxyType({entry.word: entry for entry in every})


OUTCOME_WORDS: Final = _words()
"""Every word, by itself."""


def word_page(entry: OutcomeWord) -> str:
    """Return the page of one word as Markdown, as `explain` shows it."""
    lines = [f"### {entry.word}", "", _KINDS[entry.kind], "", entry.about, ""]
    if entry.outcomes:
        lines.append(f"- **Comes with**: {', '.join(entry.outcomes)}.")
    lines += [f"- **Fix**: {entry.fix or 'nothing has to be done'}.", ""]
    return "\n".join(lines)
