"""Files of a session: the rows as JSON Lines, and a screenshot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from simulator.engine.engine import Engine
from simulator.engine.rows import Row

__all__ = ["json_rows", "plain_svg"]

_CORRELATION = re.compile(r" \(correlation [^()]*\)")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def plain_svg(svg: str) -> str:
    """Return a screenshot that loads no font from the network."""
    return _FONT_FACE.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def json_rows(engine: Engine, rows: Iterable[Row]) -> Iterator[str]:
    """Yield each row as one line of JSON, with the calls that were planned for it.

    The same stream gives the same lines, so that diff compares two of them: keys have a fixed order, inside events and
    calls the alphabet's, and what differs each time is left out: the clock, HubSpot's milliseconds and
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
