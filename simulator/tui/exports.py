"""Files of a session: the rows as JSON Lines, and a report in HTML."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

from hubspot_dest.amounts import plural
from hubspot_dest.coverage.rule_coverage import RuleHits
from hubspot_dest.verdict.finding_table import FindingReason
from simulator.engine.engine import Engine
from simulator.engine.rows import Row
from simulator.tui.theme import PALETTES, SYMBOLS
from simulator.tui.widgets.text_width import harmless

__all__ = ["html_report", "json_rows", "plain_svg"]

_MOST = 5000
_CORRELATION = re.compile(r" \(correlation [^()]*\)")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def plain_svg(svg: str) -> str:
    """Return a screenshot that loads no font from the network."""
    return _FONT_FACE.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def json_rows(engine: Engine, rows: Iterable[Row]) -> Iterator[str]:
    """Yield each row as one line of JSON, with the calls that were planned for it.

    The same stream gives the same lines, so that diff compares two of them: keys have a fixed order, inside events and
    calls the alphabet's, and what is another each time is left out: the clock, HubSpot's milliseconds and
    correlation ids, the number of the row, which counts batches too.
    """
    for row in rows:
        record = {
            "name": row.name,
            "person": row.person,
            "outcome": row.kind,
            "reason": row.reason,
            "sentence": _CORRELATION.sub("", row.sentence),
            "rule": row.rule,
            "walkeros": row.upstream or None,
            "calls": engine.dry_runs.calls(engine.configs[row.generation], row),
            "exchanges": [
                {
                    "call": exchange.call,
                    "status": exchange.status,
                    "error": _CORRELATION.sub("", exchange.error) or None,
                }
                for exchange in row.exchanges
            ],
            "event": row.plain_event(),
        }
        yield f"{{{', '.join(f'{json.dumps(key)}: {_canonical(value)}' for key, value in record.items())}}}"


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def html_report(engine: Engine, rows: Iterable[Row], title: str, chosen: str = "") -> str:
    """Return one page without anything from elsewhere: figures, rules, and the last rows.

    Raises:
        TimeoutError: the engine is stuck in a call to HubSpot.
        RuntimeError: the engine does not run.

    """
    paper = PALETTES["paper"]
    every = list(rows)
    shown = every[-_MOST:]
    counts, books = engine.counts, engine.reconcile()
    kinds = "".join(
        f"<tr><td>{SYMBOLS[kind]} {kind}</td><td class=n>{number:,}</td></tr>"
        for kind, number in sorted(counts.kinds.items())
        if number
    )
    rules = "".join(
        f"<tr{'' if rule.hits else ' class=never'}><td>{_safe(rule.label)}</td><td class=n>{rule.hits:,}</td>"
        f"<td>{_safe(_never(rule))}</td></tr>"
        for rule in (engine.event_log.coverage.identify, *engine.event_log.coverage.all())
        if rule.hits or rule.properties or rule.contact or rule.key != "identify"
    )
    body = "".join(
        f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(row.at))}</td><td>{_safe(row.name)}</td>"
        f"<td>{_safe(row.person)}</td><td>{SYMBOLS[row.kind]} {row.kind}</td>"
        f"<td>{_safe(row.why)}</td><td>{_safe(row.upstream)}</td></tr>"
        for row in shown
    )
    agree = (
        "The sender's numbers and HubSpot's are the same."
        if books.agree
        else _safe("; ".join(books.problems))
    )
    findings = "".join(_finding_row(one) for one in engine.event_log.findings.reasons)
    which = f"of the filter {_safe(chosen)}" if chosen else "as they came"
    count = f"{len(shown):,} of {len(every):,}, the latest" if len(shown) < len(every) else f"{len(shown):,}"
    when = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    return f"""<!doctype html><html lang=en><meta charset=utf-8><title>{_safe(title)}</title><style>
body{{font:15px/1.5 system-ui,sans-serif;
 background:{paper.background};color:{paper.text};
 max-width:70rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;margin:1rem 0}}
td,th{{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid {paper.panel}}}
.n{{text-align:right;font-variant-numeric:tabular-nums}}
.never{{color:{paper.warn}}}.bad{{color:{paper.bad}}}h1{{color:{paper.accent}}}
</style><h1>{_safe(title)}</h1><p>{counts.taken:,} {plural(counts.taken, "event")},
{counts.requests:,} {plural(counts.requests, "call")},
{counts.saved:,} {plural(counts.saved, "contact call")} saved,
{counts.lost_upstream:,} that walkerOS itself would have lost. {agree}
The HubSpot of this page is the one on this machine.</p>
<h2>Outcomes</h2><table>{kinds}</table>
<h2>Rules</h2><table><tr><th>rule<th>hits<th>never resolved</tr>{rules}</table>
<h2>What the checks say</h2>
{_FINDINGS_HEAD + findings + "</table>" if findings else "<p>Nothing.</p>"}
<p>{when}, seed {engine.seed}{", parity" if engine.parity else ""}. The figures are of the whole run.</p>
<h2>Events {which}: {count}</h2>
<table><tr><th>time<th>event<th>person<th>outcome<th>why<th>walkerOS</tr>{body}</table></html>
"""


_FINDINGS_HEAD = "<table><tr><th>severity<th>reason<th>events<th>what<th>what to do</tr>"


def _finding_row(reason: FindingReason) -> str:
    one = reason.finding
    mark = " class=never" if one.severity == "doubtful" else " class=bad"
    where = f" ({_safe(one.config_path)})" if one.config_path else ""
    return (
        f"<tr{mark}><td>{one.severity}</td><td>{_safe(one.code)}</td><td class=n>{reason.count:,}</td>"
        f"<td>{_safe(one.sentence)}{where}</td><td>{_safe(one.fix)}</td></tr>"
    )


def _never(rule: RuleHits) -> str:
    never = [prop.name for prop in rule.properties.values() if prop.never]
    return ", ".join(
        [
            *never,
            *(
                f"contact.{property_hits.name}"
                for property_hits in rule.contact.values()
                if property_hits.never
            ),
        ]
    )


def _safe(text: str) -> str:
    return html.escape(harmless(text, 400))
