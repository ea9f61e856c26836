"""What `hubspot-dest doctor` does."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from pathlib import Path

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.command_hint import with_real_names
from hubspot_dest.cli.console import print_data, say
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import (
    ConnectionOptions,
    connected,
    consent_hint,
    consent_states,
    open_config,
    use_colour,
)
from hubspot_dest.cli.planned_events import plan_events
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.doctor.probes import Probe, examine
from hubspot_dest.doctor.requirements import Needs, needs_of
from hubspot_dest.intake.reader import source_name
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter

__all__ = ["doctor"]

_LOOKS = {"ok": ("✓", 32), "warning": ("!", 33), "wrong": ("✗", 31), "note": ("·", 2)}


def doctor(
    config: Path,
    events: str | None,
    reach: ConnectionOptions,
    consent: tuple[str, ...],
    source: str | None,
    source_options: tuple[str, ...],
    offline: bool,
    as_lines: bool,
    no_color: bool,
    max_line_bytes: int,
) -> None:
    """Carry `doctor` out; the options are those of `commands/doctor.py`."""
    logging.getLogger("hubspot_dest").propagate = False
    loaded = connected(open_config(config, needs_token=not offline), reach)
    states = consent_states(consent, loaded.raw)
    needs = needs_of(loaded.raw) if events is None else _planned(loaded, events, states, max_line_bytes)
    seconds = loaded.timeout_ms / 1000
    client = None
    if not offline:
        client = HubSpotClient(loaded.token, timeout_seconds=seconds, connection=loaded.connection)
    painter = Painter(colour=use_colour(refused=no_color))
    verdicts: Counter[str] = Counter()
    checks = examine(loaded, needs, client)
    if source is not None:
        from hubspot_dest.cli.runs.doctor_stream import examine_stream

        stream = examine_stream(loaded, source, source_options, states)
        checks = itertools.chain(checks, stream)
    for check in checks:
        verdicts[check.verdict] += 1
        if as_lines:
            print_data(as_json(check.as_dict()))
        else:
            _show(check, painter)
    _sum_up(verdicts, as_lines=as_lines, asked=not offline)
    raise SystemExit(int(ExitCode.CHECK_FAILED if verdicts["wrong"] else ExitCode.OK))


def _planned(config: Config, source: str, states: dict[str, bool], max_line_bytes: int) -> Needs:
    """Plan every event of a source, without any network, and return what the plans need."""
    needs = Needs()
    planned = plan_events(config, source, states, needs.add_plan, max_line_bytes=max_line_bytes)
    if bad := len(planned.bad):
        what = f"{amount(bad, 'line')} of {source_name(source)} {verb(bad, 'mean')}"
        needs.unknown.append(f"what {what}, which {verb(bad, 'are')} no event")
    if waiting := planned.waiting:
        event = f"{amount(waiting, 'event')} {verb(waiting, 'need')}"
        needs.unknown.append(
            f"what {event} that {verb(waiting, 'wait')} for consent ({consent_hint(config.raw)})"
        )
    return needs


def _show(check: Probe, painter: Painter) -> None:
    symbol, colour = _LOOKS[check.verdict]
    live = " (asked HubSpot)" if check.live and check.answered else ""
    head = painter.paint(f"{symbol} {check.verdict:<8}", colour)
    print_data(f"{head} {safe_text(check.subject)}: {safe_text(check.sentence)}{painter.dim(live)}")
    if check.hint:
        print_data(f"           try: {safe_text(with_real_names(check.hint))}")


def _sum_up(verdicts: Counter[str], *, as_lines: bool, asked: bool) -> None:
    if as_lines:
        names = ("ok", "warning", "wrong", "note")
        print_data(as_json({"summary": {name: verdicts[name] for name in names}, "live": asked}))
    notes = f", {amount(verdicts['note'], 'note')}" if verdicts["note"] else ""
    warnings = amount(verdicts["warning"], "warning")
    say(
        f"{amount(verdicts.total(), 'check')}: {verdicts['ok']} fine, {warnings}, {verdicts['wrong']} wrong{notes}; "
        "nothing was written"
    )
