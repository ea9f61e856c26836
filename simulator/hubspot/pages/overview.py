"""The first page: accounts, journal, faults, stories, magic addresses."""

from __future__ import annotations

from ..account import Account
from ..control_room import ControlRoom
from ..faults_syntax import fault_to_mapping
from ..looking import account_view
from ..magic import MAGIC
from ..stories import STORIES
from .frame import link, section, table

__all__ = ["JOURNAL_COLUMNS", "overview"]

_JOURNAL_ROWS = 100
JOURNAL_COLUMNS = ("number", "method", "target", "status", "decision", "rule", "fault", "milliseconds")


def overview(room: ControlRoom) -> str:
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


def _journal(room: ControlRoom) -> str:
    views = [room.journal.view(entry) for entry in room.journal.entries(limit=_JOURNAL_ROWS)]
    rows = [[view[column] for column in JOURNAL_COLUMNS] for view in reversed(views)]
    dropped = f"<p>{room.journal.dropped:,} older entries were dropped.</p>" if room.journal.dropped else ""
    live = '<p class="hint">The newest hundred, live. All of it: <code>/_simulator/journal</code>.</p>'
    return section("Journal", live + dropped + table("journal", JOURNAL_COLUMNS, rows))


def _faults(room: ControlRoom) -> str:
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
