"""What `hubspot-dest preview` does."""

from __future__ import annotations

import itertools
import logging
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.counters import RunCounters
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import consent_states, open_config, use_colour
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reader import BadLine, IntakeError, read_events, source_name
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.rules_index import rule_keys
from hubspot_dest.report.json_report import as_json, outcome_record
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter, outcome_lines

__all__ = ["preview"]


def preview(
    config: Path,
    events: str | None,
    consent: tuple[str, ...],
    parity: bool,
    walkeros: str,
    as_json: bool,
    no_color: bool,
    explain: bool,
    only: str | None,
    max_line_bytes: int,
) -> None:
    """Carry `preview` out; the options are those of `commands/preview.py`."""
    logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())
    logging.getLogger("hubspot_dest").propagate = False  # every issue is shown with its event
    loaded = open_config(config, needs_token=False)
    if not loaded.token.get_secret_value():
        loaded = replace(loaded, token=SecretStr("none"))  # walkerOS asks for one even where nothing is sent
    states = consent_states(consent)
    if events is None:
        _show_rules(loaded, config)
        return
    run = _Preview(loaded, parity=parity, walkeros=walkeros, states=states, explain=explain)
    run.show = (
        _JsonShow() if as_json else _TextShow(Painter(colour=use_colour(refused=no_color)), explain=explain)
    )
    run.only = only
    raise SystemExit(int(run.play(events, max_line_bytes)))


class _Preview:
    """One preview: every event through the real destination, with a client that goes nowhere."""

    show: _TextShow | _JsonShow
    only: str | None = None

    def __init__(
        self, config: Config, *, parity: bool, walkeros: str, states: dict[str, bool], explain: bool
    ) -> None:
        ids = itertools.count(1)
        self._destination = HubSpotDestination(
            config,
            parity=parity,
            walkeros=walkeros,
            client_factory=lambda token: NullClient(),  # noqa: ARG005 - the factory's shape
            consent=states,
            traced=explain,
            new_id=lambda: f"{next(ids):016x}",  # the same input gives the same output
        )
        self._lines: dict[str, int] = {}
        self._tally = RunCounters()

    def play(self, source: str, max_line_bytes: int) -> ExitCode:
        """Take every event through, and say how it went."""
        try:
            for read in read_events(source, max_line_bytes=max_line_bytes):
                if isinstance(read, BadLine):
                    self._tally.bad_line(read, source)
                    continue
                self._tally.events += 1
                outcome = self._destination.push(read.event)
                self._lines[outcome.event_id] = read.number
                for other in outcome.also:
                    if not other.events:
                        self._tell(other)
                self._tell(outcome)
                for other in outcome.also:
                    if other.events:
                        self._tell(other)
                if outcome.kind != "denied":
                    del self._lines[outcome.event_id]
        except IntakeError as error:
            stop(safe_text(error))
        for outcome in self._destination.close():
            self._tell(outcome)
        self.show.summary(self._tally, self._destination)
        if self._tally.events == 0:
            say(f"error: {safe_text(source_name(source))} holds no usable event")
            return ExitCode.USAGE_ERROR
        return ExitCode.CHECK_FAILED if self._tally.bad_lines or self._tally.wrong else ExitCode.OK

    def _tell(self, outcome: Outcome) -> None:
        self._tally.count(outcome)
        if self.only is None or outcome.kind == self.only:
            self.show.outcome(outcome, self._lines.get(outcome.event_id))


class _TextShow:
    def __init__(self, painter: Painter, *, explain: bool) -> None:
        self._painter = painter
        self._explain = explain

    def outcome(self, outcome: Outcome, line: int | None) -> None:
        """Show one outcome."""
        where = f"line {line}" if line is not None else ""
        for text in outcome_lines(outcome, where, self._painter, explain=self._explain):
            print_data(text)

    def summary(self, tally: RunCounters, destination: HubSpotDestination) -> None:
        """Show the counts, and which rules no event met."""
        say(tally.sentence())
        if destination.waiting:
            say(f"{destination.waiting} events still wait for consent; --consent NAME grants it")
        unmet = [key for key in rule_keys(destination.config.raw.get("mapping")) if key not in tally.rules]
        if unmet and tally.events:
            say(f"rules that no event met: {', '.join(safe_text(key) for key in unmet)}")


class _JsonShow:
    def outcome(self, outcome: Outcome, line: int | None) -> None:
        """Print one outcome as JSON."""
        print_data(as_json(outcome_record(outcome, line)))

    def summary(self, tally: RunCounters, destination: HubSpotDestination) -> None:
        """Print the counts as JSON."""
        unmet = [key for key in rule_keys(destination.config.raw.get("mapping")) if key not in tally.rules]
        print_data(as_json(tally.record(waiting=destination.waiting, rulesNeverMet=unmet)))


def _show_rules(config: Config, path: Path) -> None:
    keys = rule_keys(config.raw.get("mapping"))
    mode = f"batches of {config.batch_size}" if config.batch else "each event by itself"
    print_data(f"{safe_text(path)}: fine; {len(keys)} rules, {mode}")
    for key in keys:
        print_data(f"  {safe_text(key)}")
    say(f"now with events: hubspot-dest preview {safe_text(path)} events.jsonl --explain")
