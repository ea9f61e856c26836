"""HubSpot: the fake account. Contacts with their timelines, definitions, the request journal."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from simulator.engine.engine import Engine
from simulator.hubspot.journal.journal import Entry
from simulator.tui.views.view import View
from simulator.tui.widgets.json_lines import json_lines
from simulator.tui.widgets.lines import Choice, LineList, LineView, TextLine, line
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["HubSpotView"]

_PAGES = ("contacts", "definitions", "journal")
_MOST = 400
_COUNTED = 20_000  # the latest occurrences that are counted for the list
_MANY = 5_000  # contacts that are looked through in a few milliseconds
_OWN = ("email", "firstname", "lastname", "jobtitle", "company", "lifecyclestage")
_DATES = ("createdate", "lastmodifieddate")


class HubSpotView(View):
    """A list of one kind on the left, the chosen one on the right; Tab turns the page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn(1)", "Page", show=True),
        Binding("shift+tab", "turn(-1)", "Page back", show=False),
    ]

    searched = "part of a name, an e-mail, a path"

    def __init__(self, engine: Engine, **options: object) -> None:
        super().__init__(engine, **options)
        self.page = 0
        self.entries = Choice(id="things", classes="left")
        self.side = LineList(id="thing", classes="right")
        self._seen: Any = None

    def compose(self) -> ComposeResult:
        """Lay out the list and the chosen entry."""
        yield self.entries
        yield self.side

    def main(self) -> LineView:
        """Return the list."""
        return self.entries

    def action_turn(self, by: int) -> None:
        """Show contacts, definitions or the journal."""
        self.page = (self.page + by) % len(_PAGES)
        self.entries.cursor = 0
        self.tick(0)

    def tick(self, beat: int) -> None:
        """Draw twice a second; where many contacts are read through for it, less often. A key draws at once."""
        large = len(self.engine.hubspot.account.book) // _MANY if self.page == 0 else 0
        if beat % (5 * (1 + large)) == 0:
            width = self.entries.room
            lines = (self._contacts, self._definitions, self._journal)[self.page](width)
            self.entries.show([self._pages(), line(""), *lines])
            self.show_side()

    def on_line_view_moved(self, message: LineView.Moved) -> None:
        """Show another one."""
        if message.view is self.entries:
            self.show_side()

    def show_side(self) -> None:
        """Show the chosen one, if it is another or has changed."""
        key, counters = self.entries.key, self.engine.hubspot.account.counters()
        seen = (self.page, key, counters.accepted, self.side.room)
        if seen == self._seen:
            return
        other = self._seen is None or self._seen[:2] != seen[:2]
        self._seen = seen
        lines = (self._contact, self._definition, self._entry)[self.page](key) if key is not None else []
        self.side.show(lines or [line(("Nothing here yet.", "faint"))], top=other)

    def _pages(self) -> TextLine:
        pieces = []
        for number, name in enumerate(_PAGES):
            here = number == self.page
            pieces.append((f" {name} ", "*accent" if here else "dim"))
        if self.entries.room >= 45:
            pieces.append((" ⇥ tab", "faint"))
        if self.search:
            pieces.append((f"   / {harmless(self.search, 30)}", "info"))
        return TextLine(tuple(pieces))

    # ---- contacts

    def _contacts(self, width: int) -> list[TextLine]:
        lines = []
        account = self.engine.hubspot.account
        every = account.contacts()
        with account.lock:
            events = Counter(row.contact for row in account.log.rows[-_COUNTED:])
        # Those with the longest timelines first: that is what an audience wants to see.
        for contact in sorted(every, key=lambda item: (events[item.id], item.created), reverse=True):
            shown = contact.properties
            if not self.finds(*map(str, shown.values())):
                continue
            name = f"{shown.get('firstname', '')} {shown.get('lastname', '')}".strip()
            lines.append(
                line(
                    ("◆ ", "violet"),
                    (fit(name or shown.get("email", ""), 20) + " ", "text" if name else "dim"),
                    (fit(shown.get("email", ""), width - 35) + " " if width >= 56 else " ", "dim"),
                    (
                        f"{events[contact.id]:>4} event{' ' if events[contact.id] == 1 else 's'}",
                        "dim" if events[contact.id] else "faint",
                    ),
                    key=contact.id,
                )
            )
            if len(lines) == _MOST:
                lines.append(line((f"  … {len(every) - _MOST} more; search with /", "faint")))
                break
        return lines or [line((" no contact matches" if self.search else " no contacts yet", "faint"))]

    def _contact(self, key: Any) -> list[TextLine]:
        account = self.engine.hubspot.account
        contact = account.contact(key)
        if contact is None:
            return []
        values = contact.properties
        name = f"{values.get('firstname', '')} {values.get('lastname', '')}".strip()
        lines = [
            line(
                (harmless(name or values.get("email", key), 80), "*text"),
                (f"   contact {contact.id}", "faint"),
            ),
            line((harmless(values.get("email", ""), 120), "info")),
            line(""),
        ]
        others = (item for item in values if item not in (*_OWN, *_DATES) and not item.startswith("hs_"))
        names = [
            *(text for text in _OWN if text in values),
            *others,
            *(date for date in _DATES if date in values),
        ]
        lines += [
            line((fit(candidate, 18) + " ", "dim"), (harmless(values[candidate], 200), "text"))
            for candidate in names[:30]
        ]
        timeline = account.timeline(key)
        lines += [
            line(""),
            line((f"── timeline · {len(timeline)} event{'s' * (len(timeline) != 1)} ", "accent")),
        ]
        for current_item in reversed(timeline[-200:]):
            lines.append(
                line(
                    (" ● ", "good"),
                    (f"{_when(current_item['occurredAt'], self.side.room)}  ", "faint"),
                    (
                        harmless(
                            current_item["eventName"].partition("_")[2] or current_item["eventName"], 60
                        ),
                        "*text",
                    ),
                )
            )
            changed = ", ".join(
                f"{name} {value}"
                for name, value in current_item["properties"].items()
                if not name.startswith("hs_")
            )
            if changed:
                lines.append(line((" │   ", "faint"), (harmless(changed, 300), "dim")))
        if not timeline:
            lines.append(line((" nothing happened yet", "faint")))
        return lines

    # ---- definitions

    def _definitions(self, width: int) -> list[TextLine]:
        lines = []
        for name, definition in sorted(self.engine.hubspot.account.definitions.items()):
            if self.finds(name):
                many = len(definition.properties)
                text = f"{many} {'property' if many == 1 else 'properties'}"
                lines.append(
                    line(
                        ("▤ ", "info"),
                        (fit(name, max(10, width - 20)) + " ", "text"),
                        (text, "dim"),
                        key=name,
                    )
                )
        none = "none matches" if self.search else "none; they are made when the first event arrives"
        return lines or [line((f" {none}", "faint"))]

    def _definition(self, key: Any) -> list[TextLine]:
        get = self.engine.hubspot.account.definitions.get(key)
        if get is None:
            return []
        lines = [line((harmless(key, 120), "*text")), line((f"made {get.created_at}", "dim")), line("")]
        for name, declared in get.properties.items():
            lines.append(line((fit(name, 28) + " ", "info"), (declared.type, "text")))
        return lines

    # ---- the journal

    def _journal(self, width: int) -> list[TextLine]:
        journal = self.engine.hubspot.journal
        lines = []
        for entry in reversed(journal.entries(limit=_MOST)):
            target = journal.masker.text(entry.target.decode("latin-1"))
            said = f"{entry.method} {target} {entry.answer.status} {entry.fault}"
            if not self.finds(said):
                continue
            lines.append(self._row(entry, target, width))
        return lines or [line((" no request matches" if self.search else " no request yet", "faint"))]

    def _row(self, entry: Entry, target: str, width: int) -> TextLine:
        good, status = entry.is_good, entry.answer.status or "—"
        fault = f" ⚡{entry.fault}" if entry.fault else ""
        return line(
            (f"{'✔' if good else '✘'} {status!s:<4}", "good" if good else "bad"),
            (f"{entry.method:<6}", "info"),
            (fit(target + fault, max(0, width - 22)), "text" if not fault else "warn"),
            (f"{entry.seconds * 1000:>7.1f} ms", "faint"),
            key=entry.number,
        )

    def _entry(self, key: Any) -> list[TextLine]:
        journal = self.engine.hubspot.journal
        entry = next((pair for pair in reversed(journal.entries()) if pair.number == key), None)
        if entry is None:
            return [line(("The journal no longer keeps this one.", "faint"))]
        view = journal.view(entry)
        lines = [
            line((f"{view['method']} ", "*info"), (harmless(view["target"], 300), "*text")),
            line(("→ ", "faint"), (harmless(view["decision"], 300), "text")),
            line((f"rule {view['rule']}  ", "dim"), (f"{view['milliseconds']} ms", "faint")),
        ]
        if view["fault"]:
            lines.append(line((f"⚡ fault {view['fault']}: {view['delivery']}", "warn")))
        for name in ("request", "response"):
            lines += [line(""), line((f"── {name} ", "accent")), *json_lines(_by_name(view[name]), most=150)]
        return lines


def _by_name(message: Any) -> dict[str, Any]:
    """Return a message with its headers by name; a name that comes twice has both values."""
    headers: dict[str, str] = {}
    for name, value in message.get("headers", ()):
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {**message, "headers": headers}


def _when(moment: str, width: int) -> str:
    """Return a time in the room there is; a narrow view leaves out the year."""
    return moment[:19].replace("T", " ") if width >= 56 else moment[5:16].replace("T", " ")
