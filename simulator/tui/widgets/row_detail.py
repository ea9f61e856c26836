"""The details of one row: what became of it and why, every value's origin, the calls, the wire, the event."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len

from hubspot_dest.amounts import amount
from hubspot_dest.mapping.evaluation import Trace
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.planning.plan import Plan
from simulator.engine.engine import Engine
from simulator.engine.rows import ObservedCall, Row
from simulator.tui.theme import SYMBOLS, Palette
from simulator.tui.widgets.json_lines import json_lines, short
from simulator.tui.widgets.lines import Piece, TextLine, line
from simulator.tui.widgets.rule_detail import choice_lines
from simulator.tui.widgets.stream import upstream_mark
from simulator.tui.widgets.text_width import harmless

__all__ = ["calls_of", "detail_lines", "wrapped"]


_NO_RULE = {
    "mapping_error": "none: the mapping failed on this event",
    "invalid_event": "not looked up",
    "bad_input": "not looked up",
    "denied": "not looked up",
    **dict.fromkeys(("sent", "flushed"), "none matched: sent under its own name"),
    "queued": "none matched: sent under its own name",
}
"""The text shown if no rule matched, by the reason or by the outcome."""


def detail_lines(engine: Engine, row: Row, palette: Palette, width: int) -> list[TextLine]:
    """Return the details of a row."""
    outcome = engine.ring.outcome(row.number)
    plan = outcome.plan if outcome is not None else None
    lines = list(_head(engine, row, palette, width))
    planned_again = False
    if plan is None and row.event:
        plan = engine.dry_runs.of(engine.configs[row.generation]).plan(
            row.seen_event(), int(row.at * 1000), traced=True
        )
        planned_again = True
    if outcome is not None:
        for finding in outcome.findings:
            colour = "warn" if finding.severity == "doubtful" else "bad"
            lines += wrapped(f"{finding.severity}: {finding.sentence}; {finding.fix}", colour, width)
        for issue in outcome.issues:
            about = f" {short(issue.detail, 120)}" if issue.detail and not issue.sentence else ""
            colour = "bad" if issue.level == "ERROR" else "warn"
            lines += wrapped(f"{issue.level.lower()}: {issue.text}{about}", colour, width)
    if plan is not None and row.event:
        lines += choice_lines(engine, row, plan, width)
    lines += _wire(engine, row, width)
    calls = calls_of(engine, row)
    if calls:
        lines += [line(""), _title("what HubSpot receives", width)]
        for call in calls:
            lines += _call(call)
    if plan is not None and plan.trace:
        title = "where every value came from" + (" (planned again)" if planned_again else "")
        lines += [line(""), _title(title, width)]
        for trace in plan.trace:
            lines += _trace(trace, 1, width)
    if row.event:
        lines += [line(""), _title("the event", width), *json_lines(row.plain_event())]
        if row.consent is not None:
            said = ", ".join(
                f"{name} {'granted' if given else 'refused'}" for name, given in row.consent.items()
            )
            lines.append(line(("   on this screen: ", "dim"), (harmless(said, 200), "warn")))
    return lines


def calls_of(engine: Engine, row: Row) -> list[list[Any]]:
    """Return the calls that were made for a row, with its part of a batch; of a forgotten one those that it planned."""
    outcome = engine.ring.outcome(row.number)
    plan = outcome.plan if outcome is not None else None
    if outcome is not None and outcome.calls:
        calls = [list(call) for call in outcome.calls]
        if row.kind in ("queued", "flushed") and plan is not None and plan.occurrence is not None:
            calls.append(["events.send.basicApi.send", plan.occurrence])
        return calls
    if plan is None and row.event:
        plan = _planned(engine, row)
    if plan is None or row.kind in ("denied", "ignored", "skipped"):
        return []
    calls = plan.calls if row.kind != "identified" else plan.calls[:1]
    # A contact call that the memory spared was planned, and never made.
    wrote = any(exchange.call.startswith("crm.") for exchange in row.exchanges)
    return [call for call in calls if wrote or not call[0].startswith("crm.")]


def _planned(engine: Engine, row: Row) -> Plan:
    return engine.dry_runs.of(engine.configs[row.generation]).plan(row.seen_event(), int(row.at * 1000))


def _head(engine: Engine, row: Row, palette: Palette, width: int) -> Iterator[TextLine]:
    colour = palette.outcome(row.state)
    yield line((harmless(row.name or "(no name)", 80), "*text"), (f"   #{row.number}", "faint"))
    said = row.why
    yield line((f"{SYMBOLS.get(row.state, '?')} {row.state}", f"*{colour}"), (f"  {row.reason}", "faint"))
    yield from wrapped(said, "text", width)
    if row.upstream:
        mark, tone = upstream_mark(row)
        title = (
            "walkerOS loses this event"
            if row.loses
            else "walkerOS makes one call more"
            if row.extra_call
            else "walkerOS does something else"
        )
        yield line((f"{mark} {title}", f"*{tone}"))
        yield from wrapped(row.upstream, tone, width)
    if not row.is_batch:
        yield _fact("person", row.person or "anonymous: no e-mail, no id")
        own = engine.consents.get(row.person)
        if own is not None:
            yield _fact(
                "consent", f"{'granted' if own else 'refused'} on this screen, from now on; c changes it"
            )
        yield _fact("rule", row.rule or _NO_RULE.get(row.reason) or _NO_RULE.get(row.kind, "none matched"))
    yield _fact("taken", time.strftime("%H:%M:%S", time.localtime(row.at)) + _runs(row))
    if row.failed_attempts:
        yield _fact("attempts", _attempts(row, engine.hubspot.clock()))
    if row.pinned:
        yield _fact("kept", "run again at every save, until it is sent")
    if row.batch is not None:
        yield _fact("batch", f"row #{row.batch}")


def _runs(row: Row) -> str:
    return f", run {row.runs} times" if row.runs > 1 else ""


def _attempts(row: Row, now: float) -> str:
    """Return how many attempts to deliver it failed, and when the next one is made."""
    failed = f"{row.failed_attempts} failed" + (", in a batch that was sent in parts" if row.bisected else "")
    if row.recovered:
        return f"{failed}, then delivered"
    if row.next_try is None:
        return failed
    at = time.strftime("%H:%M:%S", time.localtime(row.next_try))
    return f"{failed}; the next at {at}, in {max(0.0, row.next_try - now):.0f} s"


def _fact(name: str, value: str) -> TextLine:
    return line((f"{name:<9}", "dim"), (harmless(value, 200), "text"))


def _title(text: str, width: int) -> TextLine:
    return line((f"── {text} ", "accent"), ("─" * max(0, width - len(text) - 5), "panel"))


def wrapped(text: str, colour: str, width: int, *, indent: str = "") -> list[TextLine]:
    """Return text of several lines."""
    safe = harmless(text, 1200)
    parts = textwrap.wrap(safe, max(10, width - 2 - len(indent))) or [""]
    return [line((indent + part, colour)) for part in parts]


def _wire(engine: Engine, row: Row, width: int) -> Iterator[TextLine]:
    if not row.exchanges:
        return
    yield line("")
    yield _title("over HTTP", width)
    for exchange in row.exchanges:
        good = not exchange.error
        status = f"{exchange.status}" if exchange.status else "no answer"
        yield line(
            (f" {'✔' if good else '✘'} {status:<4}", "*good" if good else "*bad"),
            (f" {exchange.call}", "text"),
            (f"  {exchange.milliseconds:.0f} ms", "faint"),
        )
        for view in _arrivals(engine, exchange):
            yield line(("   → ", "faint"), (harmless(f"{view['method']} {view['target']}", 300), "info"))
            fault = f" (fault: {view['fault']})" if view["fault"] else ""
            yield from wrapped(f"   ← {view['decision']}{fault}", "bad" if fault else "dim", width)
        if exchange.error:
            yield from wrapped(f"   {exchange.error}", "bad", width)


def _arrivals(engine: Engine, exchange: ObservedCall) -> list[dict[str, object]]:
    journal = engine.hubspot.journal
    return [
        journal.view(entry)
        for entry in journal.entries(limit=2000)
        if exchange.started <= entry.received_at <= exchange.ended
    ][:3]


def _call(call: list[Any]) -> Iterator[TextLine]:
    name, *arguments = call
    texts = [argument for argument in arguments if isinstance(argument, str)]
    yield line((f" {name}", "*text"), (f" {harmless(' '.join(texts), 120)}" if texts else "", "dim"))
    for argument in arguments:
        if isinstance(argument, dict):
            inputs = argument.get("inputs")
            if isinstance(inputs, list):
                yield line((f"   {amount(len(inputs), 'occurrence')}", "dim"))
                for sent in inputs[:100]:
                    whose = sent.get("email") or sent.get("objectId") or ""
                    yield line(
                        (f"   {harmless(sent.get('eventName'), 60)}", "info"),
                        (f"  {harmless(whose, 60)}", "dim"),
                    )
                continue
            yield from json_lines(argument, indent=3)


def _trace(trace: Trace, depth: int, width: int) -> Iterator[TextLine]:
    nothing = trace.result is UNDEFINED or trace.result is None
    value = "nothing" if trace.result is UNDEFINED else short(trace.result, 56)
    name = f"{harmless(trace.name, 60)} ← " if trace.name else ""
    step, indent = harmless(trace.step, 90), "  " * depth
    notes = f"  ({'; '.join(harmless(note, 80) for note in trace.notes)})" if trace.notes else ""
    said: list[Piece] = [(indent, "text"), (name, "info"), (step, "text"), (" → ", "faint")]
    said.append((value, "faint" if nothing else "good"))
    # What decided must not be what is cut off where the line is too long.
    fits = cell_len(indent + name + step + value + notes) + 3 <= width
    yield line(*said, *[(notes, "warn")] * fits)
    if notes and not fits:
        yield from wrapped(notes.strip(), "warn", width, indent=f"{indent}    ")
    if depth < 8:
        for step_below in trace.steps[:40]:
            yield from _trace(step_below, depth + 1, width)
