"""`hubspot-sim replay CASSETTE...`: compare the current configuration and sender with recorded traffic."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import open_config
from hubspot_dest.report.safe_text import safe_text

if TYPE_CHECKING:
    from simulator.cassettes.cassette import Cassette
    from simulator.cassettes.replay import ReplayedRequest

__all__ = ["command"]

_SIGNS = {"same": "=", "changed": "≠", "new": "+", "missing": "-"}


@click.command("replay")
@click.argument("cassettes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CASSETTE...")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="Configuration to use instead of the cassette's own.",
)
@click.option("--accept", is_flag=True, help="Show the differences, then rerecord the cassette.")
@click.option(
    "--json", "as_json", is_flag=True, help="Write JSON Lines: one object per request, then a summary."
)
def command(cassettes: tuple[Path, ...], config_file: Path | None, accept: bool, as_json: bool) -> None:
    """Plan the events of each CASSETTE again and answer the requests from the recording, without network access.

    Exit 0 if every request equals the recorded one, 1 if any changed, is new or is missing, 2 if it could not run.
    """
    from hubspot_dest.config.model import ConfigError
    from simulator.cassettes.cassette import Cassette, CassetteError
    from simulator.cassettes.replay import replay

    config: dict[str, Any] | None = None
    if config_file is not None:
        os.environ.setdefault("HUBSPOT_ACCESS_TOKEN", "pat-na1-cassette")
        config = open_config(config_file).raw
    total: Counter[str] = Counter()
    for path in cassettes:
        try:
            cassette = Cassette.load(path)
            if not cassette.meta.events and cassette.interactions:
                stop(
                    f"{safe_text(path)} contains no events to send: it was imported or recorded by a test",
                    "hubspot-sim compare",
                )
            found = replay(cassette, config)
        except CassetteError as error:
            stop(safe_text(error))
        except ConfigError as error:
            stop(f"{safe_text(path)}: {safe_text(error)}")
        verdicts = Counter(request.verdict for request in found)
        total += verdicts
        _show(path, found, as_json=as_json)
        if accept and cassette.meta.live and set(verdicts) != {"same"}:
            stop(
                f"{safe_text(path)} was recorded from {safe_text(cassette.meta.against)}; it stays as it was",
                "hubspot-sim record --live with the same events",
            )
        if accept and set(verdicts) != {"same"}:
            _accept(path, cassette, config)
    summary = {name: total[name] for name in _SIGNS}
    if as_json:
        print_data(json.dumps({"summary": True, **summary}))
    else:
        say(", ".join(f"{count} {name}" for name, count in summary.items()))
    wrong = total.total() - total["same"]
    raise SystemExit(int(ExitCode.CHECK_FAILED if wrong and not accept else ExitCode.OK))


def _show(path: Path, found: list[ReplayedRequest], *, as_json: bool) -> None:
    for call in found:
        if as_json:
            where = {
                "cassette": str(path),
                "place": call.position,
                "verdict": call.verdict,
            }
            differences = [[each.path, repr(each.expected), repr(each.actual)] for each in call.differences]
            request = {
                "method": call.method,
                "target": call.target,
                "differences": differences,
            }
            print_data(json.dumps({**where, **request}))
        elif call.verdict != "same":
            print_data(
                f"{_SIGNS[call.verdict]} {call.verdict:8} {safe_text(path)}  {call.method} {safe_text(call.target)}"
            )
            for each in call.differences:
                print_data(
                    f"    {safe_text(each.path)}: {safe_text(repr(each.expected))} → {safe_text(repr(each.actual))}"
                )


def _accept(path: Path, cassette: Cassette, config: dict[str, Any] | None) -> None:
    from simulator.cassettes.redaction.scrubber import scrubbed
    from simulator.cassettes.session import RecordingSetup, record

    meta = cassette.meta
    made = scrubbed(record(config or meta.config, meta.events, RecordingSetup.of(meta), about=meta.about))
    made.save(path)
    say(f"{safe_text(path)} recorded again: {amount(len(made.interactions), 'request')}")
