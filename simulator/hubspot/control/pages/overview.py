"""The first page: accounts, journal, faults, stories, magic addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.hubspot.control.context import ControlContext
from simulator.hubspot.control.pages.frame import link, section, table
from simulator.hubspot.control.queries import account_view
from simulator.hubspot.faults.magic_addresses import MAGIC
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import fault_to_mapping
from simulator.hubspot.state.account import Account

__all__ = ["JOURNAL_COLUMNS", "overview"]

_JOURNAL_ROWS = 100
JOURNAL_COLUMNS = ("number", "method", "target", "status", "decision", "rule", "fault", "ms")


def overview(room: ControlContext) -> str:
    """Return the content of the first page, escaped."""
    return _accounts(room.service.accounts()) + _journal(room) + _faults(room) + _stories() + _magic()


def _accounts(accounts: list[Account]) -> str:
    columns = (
        "portal",
        "tier",
        "contacts",
        "definitions",
        "occurrences",
        "nobody's",
        "duplicates",
        "dropped",
    )
    rows = []
    for number, account in enumerate(accounts):
        view = account_view(number, account)
        counters = view["counters"]
        rows.append(
            [
                view["portalId"],
                view["tier"],
                link(f"/_simulator/pages/contacts?account={number}", f"{view['contacts']:,}"),
                link(f"/_simulator/pages/definitions?account={number}", f"{view['definitions']:,}"),
                f"{view['occurrences']:,}",
                counters["unassociated"],
                counters["duplicates"],
                counters["dropped"] + counters["forgotten"],
            ]
        )
    return section("Accounts", table("accounts", columns, rows))


def _journal(room: ControlContext) -> str:
    journal = room.journal
    views = [journal.line(entry) for entry in reversed(journal.entries(limit=_JOURNAL_ROWS))]
    rows = [[_journal_cell(view, column) for column in JOURNAL_COLUMNS] for view in views]
    kinds = ["good" if view["good"] else "bad" for view in views]
    dropped = f"; {journal.dropped:,} older ones were dropped" if journal.dropped else ""
    hint = (
        f'<p class="hint">The newest {_JOURNAL_ROWS}, live; <code>/_simulator/journal</code> keeps the last '
        f'{journal.max_entries:,}{dropped}. <span id="live" role="status"></span></p>'
    )
    return section("Journal", hint + table("journal", JOURNAL_COLUMNS, rows, kinds=kinds))


def _journal_cell(view: Mapping[str, Any], column: str) -> object:
    """Return what stands in a column; `page.js` does the same for rows that come live."""
    if column == "decision" and view["delivery"] != "answered":
        return f"{view['decision']} — {view['delivery']}"
    if column == "status":
        return view["status"] or "-"
    return view["milliseconds" if column == "ms" else column]


def _faults(room: ControlContext) -> str:
    rows = [
        [
            one.number,
            ", ".join(f"{name}={value}" for name, value in fault_to_mapping(one.fault).items()),
            one.matched,
            one.struck,
        ]
        for one in room.faults.active()
    ]
    columns = ("number", "fault", "matched", "struck")
    return section("Faults", table("faults", columns, rows, empty="No fault is set: the weather is fine."))


def _stories() -> str:
    return section(
        "Stories", table("stories", ("name", "tells"), [[one.name, one.tells] for one in STORIES.values()])
    )


def _magic() -> str:
    rows = [[f"anything+{magic.tag}@example.com", magic.does] for magic in MAGIC.values()]
    rows.append(["anything+invalid@example.com", "an e-mail address that HubSpot refuses"])
    return section("Magic addresses", table("magic", ("address", "does"), rows))
