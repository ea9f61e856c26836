"""The implementation of `hubspot-sim run`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from hubspot_dest.amounts import amount, plural, verb
from hubspot_dest.cli.console import print_data, progress, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import open_account, open_config, use_colour
from hubspot_dest.cli.report_file import input_files, write_report
from hubspot_dest.config.loading import TOKEN_VARIABLE, file_of
from hubspot_dest.diff.json_difference import MISSING
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter, reason_lines
from hubspot_dest.verdict.finding_table import FindingTable
from simulator.commands.graceful_shutdown import GracefulShutdown
from simulator.commands.runs.drain import drain
from simulator.commands.source_options import Chosen, SourceOptions, chosen
from simulator.commands.switch_options import read_switches
from simulator.engine.engine import Engine
from simulator.engine.expectations import ExpectationError, read_expectations, result_of, unmet
from simulator.engine.failures import FailureTable
from simulator.engine.report_page import page_of_run
from simulator.engine.story import story_path
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import FaultSyntaxError, parse_fault
from simulator.hubspot.service import DEFAULT_TOKEN

__all__ = ["run"]

_SLICE = 500
_SLICE_SECONDS = 0.25  # with an idle source: the longest delay before a signal is noticed


def run(
    config: Path | None,
    events: int | None,
    seed: int,
    parity: bool,
    walkeros: str,
    strict: bool,
    account: Path | None,
    switches: tuple[str, ...],
    faults: tuple[str, ...],
    story: str | None,
    expect: Path | None,
    no_outbox: bool,
    fail_on: str,
    report: Path | None,
    as_json: bool,
    no_color: bool,
    **source: Any,
) -> None:
    """Run `run`; the options are those of `commands/run.py`."""
    # The simulator needs no token and must not read the user's.
    os.environ[TOKEN_VARIABLE] = DEFAULT_TOKEN
    loaded = open_config(config or story_path())
    schema = None if account is None else open_account(account)
    chosen_switches = read_switches(switches)
    try:
        expected = read_expectations(expect) if expect is not None else {}
        thrown = [*map(parse_fault, faults), *(STORIES[story].faults if story else ())]
    except (ExpectationError, FaultSyntaxError) as error:
        stop(safe_text(error))
    stopper = GracefulShutdown()  # before the URL is printed
    origin = chosen(SourceOptions(**source))
    engine = Engine(
        loaded,
        source=origin.source,
        seed=seed,
        parity=parity,
        walkeros=walkeros,
        outbox=not no_outbox,
        simulated=True,
        schema=schema,
        strict=strict,
        switches=chosen_switches,
    )
    try:
        engine.start()
    except OSError as error:
        stop(f"the HubSpot on this machine does not start: {safe_text(error)}")
    started = time.perf_counter()
    try:
        engine.throw(*thrown)
        _take(engine, origin, events, stopper)
        unseen = drain(engine, origin) if origin.once else 0
        engine.flush().result()
        result = result_of(engine)
        failures = FailureTable(engine)
        findings = engine.event_log.findings
        findings.add(engine.judge.summary(), None)
        page = None
        if report is not None:
            files = (("configuration", file_of(config or story_path())), ("events", source.get("from_")))
            page = page_of_run(engine, engine.ring.rows(), _title(config), inputs=input_files(*files))
        bad = [row.sentence for row in engine.ring.rows() if row.reason == "bad_input"]
    finally:
        origin.close()
        closing = engine.close()
    progress("")
    is_file = not (origin.once or origin.endless)  # an idle pipe is no error
    if engine.counts.taken == 0 and is_file and stopper.number is None:
        stop(f"{safe_text(origin.name)} has no usable event, so that nothing was proved")
    seconds = round(time.perf_counter() - started, 2)
    result = {"events": result["counts"]["taken"], "seed": seed, "seconds": seconds, **result}
    result["notFlushed"] = closing.left + unseen
    result["failures"] = failures.records()
    result["findings"] = [reason.as_dict() for reason in findings.reasons]
    differing = unmet(expected, result)
    if page is not None and report is not None:
        write_report(report, page)
    if as_json:
        print_data(orjson.dumps(result).decode())
    else:
        painter = Painter(colour=use_colour(refused=no_color))
        for line in (*_lines(result, painter), *failures.lines(), *_finding_lines(findings)):
            print_data(line)
    for difference in differing:
        say(
            f"not as expected: {safe_text(difference.path)} is {_plain(difference.actual)}, "
            f"expected {_plain(difference.expected)}"
        )
    if bad:
        first = "" if len(bad) == 1 else f"{len(bad):,} lines are not events; the first: "
        say(f"warning: {first}{safe_text(bad[0], limit=300)}")
    for spec, fault in zip(faults, engine.hubspot.faults.active(), strict=False):
        if not fault.matched:  # a typo in a fault's path would make the run meaningless
            say(f"warning: the fault {safe_text(spec)} met no request")
    if closing.left:
        were = f"{amount(closing.left, 'event')} {verb(closing.left, 'were')}"
        say(f"warning: {were} not delivered: {safe_text(closing.error)}")
    if unseen:
        say(f"warning: {amount(unseen, 'accepted event')} {verb(unseen, 'were')} not processed")
    if engine.trouble:
        say(f"error: {safe_text(engine.trouble)}")
    counted = {"unexplained": failures.unexplained, "any": failures.total, "never": 0}[fail_on]
    undelivered = 0 if fail_on == "never" else result["notFlushed"]
    good = not (differing or undelivered or counted or engine.trouble) and result["books"]["agree"]
    if good and stopper.number is not None and not origin.endless:
        raise SystemExit(128 + stopper.number)
    raise SystemExit(int(ExitCode.OK if good else ExitCode.CHECK_FAILED))


def _title(config: Path | None) -> str:
    return f"hubspot-sim run: {config or 'the shop of the demonstration'}"


def _finding_lines(findings: FindingTable) -> Iterator[str]:
    """Yield the findings about the events, each reason only once."""
    lines = list(reason_lines(findings.reasons))
    if lines:
        yield from ("", "  findings about these events (hubspot-dest explain CODE)")
        yield from (f"  {line}" for line in lines)


def _plain(value: Any) -> str:
    """Format a value as JSON, so that text and numbers differ."""
    if value is MISSING:
        return "nothing"
    # Not orjson: an expectation file may contain NaN, dates and numbers of 30 digits.
    return safe_text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str), limit=60)


def _take(engine: Engine, origin: Chosen, events: int | None, stopper: GracefulShutdown) -> None:
    """Process the requested number of events, or all of the source."""
    wanted = events if events is not None else 1000 if origin.synthetic else None
    total = f" of {wanted:,}" if wanted is not None else ""
    seconds = _SLICE_SECONDS if origin.endless else 3600.0
    done = 0
    while (wanted is None or done < wanted) and not engine.exhausted and stopper.number is None:
        engine.run(_SLICE if wanted is None else min(_SLICE, wanted - done), seconds)
        done = engine.counts.taken
        progress(f"{done:,}{total} events")


def _lines(result: dict[str, Any], painter: Painter) -> list[str]:
    counts, books = result["counts"], result["books"]
    taken = counts["taken"] or 1
    rate = counts["taken"] / (result["seconds"] or 1)
    lines = [
        painter.paint(
            f"{counts['taken']:,} {plural(counts['taken'], 'event')} in {result['seconds']} s "
            f"({rate:,.0f} a second), seed {result['seed']}",
            1,
        ),
        "",
        "  outcome       events",
    ]
    for kind, number in counts["outcomes"].items():
        if number:
            lines.append(f"  {kind:<12} {number:>7,}  {'█' * round(30 * number / taken)}")
    for kind in ("skipped", "denied"):
        because = [f"{number:,} {reason.replace('_', ' ')}" for reason, number in counts[kind].items()]
        if because:
            lines += ["", f"  {kind}: {', '.join(because)}"]
    lines += ["", "  rule                        hits"]
    for rule, number in result["rules"].items():
        mark = "" if number or rule == "(no rule)" else "   never matched"
        lines.append(f"  {safe_text(rule, limit=26):<26} {number:>5,}{mark}")
    lines += ["", "  HubSpot"]
    contacts, stored = result["hubspot"]["contacts"], books["hubspotStored"]
    lines.append(
        f"  {contacts:,} {plural(contacts, 'contact')}, {stored:,} {plural(stored, 'occurrence')} stored"
    )
    calls = ", ".join(
        f"{number:,} {name.rpartition('Api.')[0].rpartition('.')[2]}.{name.rpartition('.')[2]}"
        for name, number in counts["calls"].items()
    )
    made = sum(counts["calls"].values())
    lines.append(f"  {made:,} {plural(made, 'call')} ({calls}); {counts['callsSaved']:,} saved by the memory")
    if counts["retries"] or counts["batchesBisected"]:
        bisected = f", {counts['batchesBisected']:,} sent again in parts" if counts["batchesBisected"] else ""
        lines.append(
            f"  {counts['retries']:,} {plural(counts['retries'], 'request')} tried again{bisected}; "
            f"{counts['eventsRecovered']:,} of {counts['eventsRetried']:,} "
            f"{plural(counts['eventsRetried'], 'event')} in them recovered"
        )
    if counts["walkerosWouldLose"]:
        lines.append(f"  walkerOS itself would lose {counts['walkerosWouldLose']:,} of these events")
    agrees = (
        "the sender's numbers and HubSpot's are the same" if books["agree"] else "; ".join(books["problems"])
    )
    lines += ["", f"  {'✔' if books['agree'] else '✘'} {agrees}"]
    return lines
