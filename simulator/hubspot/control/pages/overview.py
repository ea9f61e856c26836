"""Collect the values of the overview page: accounts, journal, faults, stories and magic addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.hubspot.control.context import ControlContext
from simulator.hubspot.control.queries import account_view
from simulator.hubspot.faults.fault_board import ActiveFault
from simulator.hubspot.faults.magic_addresses import MAGIC
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import fault_to_mapping

__all__ = ["JOURNAL_COLUMNS", "overview_values"]

JOURNAL_COLUMNS: Final = ("number", "method", "target", "status", "decision", "rule", "fault", "ms")
"""The columns of the journal; keep in step with `page.js`, which adds live rows."""
_JOURNAL_ROWS: Final = 100


def overview_values(context: ControlContext) -> dict[str, Any]:
    """Return the values of the template `overview.html`."""
    journal = context.journal
    lines = [journal.line(entry) for entry in reversed(journal.entries(limit=_JOURNAL_ROWS))]
    return {
        "accounts": [
            account_view(number, account) for number, account in enumerate(context.service.accounts())
        ],
        "journal": [_journal_row(line) for line in lines],
        "journal_columns": JOURNAL_COLUMNS,
        "journal_rows": _JOURNAL_ROWS,
        "max_entries": journal.max_entries,
        "dropped": journal.dropped,
        "faults": [_fault_row(active) for active in context.faults.active()],
        "stories": list(STORIES.values()),
        "magic_addresses": list(MAGIC.values()),
    }


def _journal_row(line: Mapping[str, Any]) -> dict[str, Any]:
    cells = [_journal_cell(line, column) for column in JOURNAL_COLUMNS]
    return {
        "kind": "good" if line["good"] else "bad",
        "cells": ["" if cell is None else cell for cell in cells],
    }


def _journal_cell(line: Mapping[str, Any], column: str) -> object:
    """Return the content of a cell; keep in step with `page.js`, which adds live rows."""
    if column == "decision" and line["delivery"] != "answered":
        return f"{line['decision']} — {line['delivery']}"
    if column == "status":
        return line["status"] or "-"
    return line["milliseconds" if column == "ms" else column]


def _fault_row(active: ActiveFault) -> dict[str, object]:
    fault = ", ".join(f"{name}={value}" for name, value in fault_to_mapping(active.fault).items())
    return {"number": active.number, "fault": fault, "matched": active.matched, "struck": active.struck}
