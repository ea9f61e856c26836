"""Run `hubspot-dest outbox` for the dead letters and waiting events of a stream."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import consent_states
from hubspot_dest.cli.stream_address import address_of, end_with
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.letter_box import LetterBox, open_letter_box
from hubspot_dest.streams.survey import survey_of

__all__ = ["dead", "export", "purge", "refuse_file", "release", "retry", "status"]


@contextlib.contextmanager
def _box(address: StreamAddress, *, waiting: bool = False) -> Iterator[LetterBox]:
    try:
        box = open_letter_box(address, waiting=waiting)
        try:
            yield box
        finally:
            box.close()
    except StreamError as error:
        end_with(error)


def _require_stream(address: StreamAddress, found: int) -> None:
    """Exit with code 2 if nothing was found because the topic or stream does not exist."""
    if not found:
        try:
            survey_of(address, sample=0)
        except StreamError as error:
            end_with(error)


def status(source: str, options: tuple[str, ...], *, as_text: bool) -> None:
    """Report how far the group lags behind, and the number of dead letters."""
    address = address_of(source, options)
    with _box(address) as box:
        given_up = box.count()
    with _box(address, waiting=True) as box:
        waiting = box.count()
    try:
        survey = survey_of(address, sample=0)
    except StreamError as error:
        end_with(error)
    if as_text:
        print_data(f"stream       {safe_text(address)}")
        print_data(f"waiting      {amount(survey.lag, 'message')} of {survey.stored} stored")
        print_data(f"for consent  {amount(waiting, 'event')}")
        print_data(f"dead letters {given_up}")
        if given_up:
            say(f"hubspot-dest outbox dead '{safe_text(address)}' shows why; `retry` sends them again")
        if waiting:
            say(
                f"hubspot-dest outbox release '{safe_text(address)}' --consent NAME sends what waits for consent"
            )
    else:
        print_data(
            as_json(
                {
                    "stream": str(address),
                    "lag": survey.lag,
                    "stored": survey.stored,
                    "forConsent": waiting,
                    "dead": given_up,
                }
            )
        )
    raise SystemExit(int(ExitCode.CHECK_FAILED if given_up else ExitCode.OK))


def dead(source: str, options: tuple[str, ...]) -> None:
    """List the dead letters."""
    count = 0
    address = address_of(source, options)
    with _box(address) as box:
        for letter in box.letters():
            count += 1
            record = letter.record()
            event = record["event"]
            name = event.get("name") if isinstance(event, dict) else None
            known = [record["error"][text] for text in ("status", "category") if text in record["error"]]
            said = " ".join([*known, record["error"]["message"]])
            print_data(
                f"{safe_text(record['givenUpAt'])}  {safe_text(record['what']):<7}  {safe_text(letter.event_id)}  "
                f"{safe_text(name or letter.place, limit=60)}\n"
                f"    {safe_text(record['reason'])}: {safe_text(said, limit=300)}"
            )
    _require_stream(address, count)
    say(amount(count, "dead letter"))
    raise SystemExit(int(ExitCode.CHECK_FAILED if count else ExitCode.OK))


def export(source: str, options: tuple[str, ...]) -> None:
    """Write the dead letters as JSON Lines."""
    address, count = address_of(source, options), 0
    with _box(address) as box:
        for letter in box.letters():
            count += 1
            print_data(as_json(letter.record()))
    _require_stream(address, count)


def retry(source: str, options: tuple[str, ...]) -> None:
    """Put the dead letters back into the stream."""
    address = address_of(source, options)
    with _box(address) as box:
        count = box.send_again({})
    _require_stream(address, count)
    said = amount(count, "dead letter")
    say(f"{said} {verb(count, 'are')} in the stream again, after all earlier messages")


def release(source: str, options: tuple[str, ...], consent: tuple[str, ...]) -> None:
    """Put the events waiting for consent back into the stream, with the consent that is granted now."""
    states = consent_states(consent)
    address = address_of(source, options)
    with _box(address, waiting=True) as box:
        count = box.send_again(states)
    _require_stream(address, count)
    granted = f" with consent {', '.join(name for name, state in states.items() if state)}" if states else ""
    are = f"{amount(count, 'waiting event')} {verb(count, 'are')}"
    say(f"{are} in the stream again{safe_text(granted)}, after all earlier messages")


def purge(source: str, options: tuple[str, ...], *, waiting: bool, yes: bool) -> None:
    """Drop the dead letters, and the events waiting for consent if requested."""
    address = address_of(source, options)
    with _box(address) as box:
        count = box.count()
        held = 0
        if waiting:
            with _box(address, waiting=True) as other:
                held = other.count()
        _require_stream(address, count + held)
        what = amount(count, "dead letter")
        if waiting:
            what += f" and {amount(held, 'event')} that {verb(held, 'wait')} for consent"
        if not yes and not click.confirm(f"permanently drop {what}?", default=False, err=True):
            say("nothing was dropped")
            raise SystemExit(int(ExitCode.USAGE_ERROR))
        gone = box.drop()
        if waiting:
            with _box(address, waiting=True) as other:
                held = other.drop()
    also = f" and {amount(held, 'event')} that waited for consent" if waiting else ""
    say(f"dropped {amount(gone, 'dead letter')}{also}")


def refuse_file(file: object) -> None:
    """Exit with code 2, and report how the waiting events of an outbox file are released."""
    stop(
        f"{safe_text(file)} is not a stream: events in an outbox file wait for the consent of the next run",
        f"hubspot-dest send CONFIG EVENTS --outbox {safe_text(file)} --consent NAME",
    )
