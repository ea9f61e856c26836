"""Every place that decides by the kind of an outcome decides for every kind: a new one is not forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from hubspot_dest.outcome import Kind

ROOT = Path(__file__).parent.parent
KINDS = frozenset(get_args(Kind))

# The kinds that each place leaves out on purpose. `flushed` is a batch, no event; `refused` is predicted: only commands
# that send nothing have it.
LEFT_OUT = {
    place: set(kinds.split())
    for place, kinds in {
        "hubspot_dest/cli/counters.py EventBalance.kinds": "flushed refused",
        "hubspot_dest/cli/report_pages.py _SENDING": "denied failed ignored refused skipped",
        "hubspot_dest/cli/runs/send.py SendRun._origin": (
            "denied failed flushed identified ignored queued refused sent skipped"
        ),
        "hubspot_dest/coverage/coverage.py _NOT_SENT": "flushed identified queued sent",
        "hubspot_dest/outcome.py EVENT_KINDS": "flushed",
        "hubspot_dest/report/html/sample_collector.py _WITH_CALLS": "denied failed flushed ignored skipped",
        "hubspot_dest/verdict/prediction.py _WOULD_GO": "denied failed flushed ignored refused",
        "hubspot_dest/verify/sections/events.py EventsSection._reached": "denied failed flushed ignored skipped",
        "simulator/engine/coverage_filters.py _WRITES": "denied ignored refused skipped",
        "simulator/engine/reconciliation.py Counts.sentence": "flushed refused",
        "simulator/engine/rows.py NOT_DELIVERED": "flushed identified queued refused sent",
        "simulator/engine/rows.py Row.recovered": "denied failed ignored queued refused skipped",
        "simulator/engine/rows.py Row.why": "denied flushed identified ignored refused sent",
        "simulator/tui/theme.py SYMBOLS": "refused",
        "simulator/tui/theme.py Palette.outcome": "refused",
        "simulator/tui/widgets/cards.py _KINDS": "refused",
        "simulator/tui/widgets/modals.py HelpScreen.lines": "refused",
        "simulator/tui/widgets/row_detail.py calls_of": "failed flushed identified queued refused sent",
    }.items()
}


def tables() -> Iterator[tuple[str, str, set[str]]]:
    """Yield place, line and kinds of every literal that names three kinds or more."""
    for path in (*ROOT.glob("hubspot_dest/**/*.py"), *ROOT.glob("simulator/**/*.py")):
        text = path.read_text(encoding="utf-8")
        if sum(f'"{kind}"' in text for kind in KINDS) < 3:
            continue
        for node, names in _nodes(ast.parse(text), ()):
            members = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", ())
            kinds = {
                member.value
                for member in members
                if isinstance(member, ast.Constant)
                and isinstance(member.value, str)
                and member.value in KINDS
            }
            if len(kinds) >= 3:
                place = path.relative_to(ROOT).as_posix()
                yield f"{place} {'.'.join(names)}", f"{place}:{node.lineno}", kinds


def _nodes(node: ast.AST, names: tuple[str, ...]) -> Iterator[tuple[ast.expr, tuple[str, ...]]]:
    """Yield the expressions below a node, with the function or the constant that they are in; not those of types."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = (*names, node.name)
    elif isinstance(node, ast.Assign | ast.AnnAssign) and not names:
        names = (*names, ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target))
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
        return
    if isinstance(node, ast.expr):
        yield node, names
    for child in ast.iter_child_nodes(node):
        yield from _nodes(child, names)


def test_every_table_by_kind_decides_for_every_kind() -> None:
    undecided = [
        f"{line}: add {', '.join(sorted(KINDS - kinds - left_out))}, or say in LEFT_OUT why not"
        for place, line, kinds in tables()
        if KINDS - kinds - (left_out := LEFT_OUT.get(place, set()))
    ]
    assert not undecided, "\n".join(undecided)


def test_every_place_that_leaves_kinds_out_exists() -> None:
    assert set(LEFT_OUT) <= {place for place, _, _ in tables()}
