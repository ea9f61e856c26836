"""The pages about one account: its contacts, one contact with its timeline, its definitions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from simulator.hubspot.control.pages.frame import CURRENT, Markup, link, moment, section, table
from simulator.hubspot.control.queries import ContactPage

__all__ = ["PAGE_SIZE", "contact_content", "contacts_content", "definitions_content", "portal_choice"]

PAGE_SIZE = 50
_CONTACTS = "/_simulator/pages/contacts"


def portal_choice(portals: Sequence[int], number: int, path: str) -> str:
    """Return links to the other accounts, when there are any; escaped."""
    if len(portals) < 2:
        return f'<p class="hint">Portal {portals[number]}</p>'
    links = (
        f'<a href="{path}?account={place}"{CURRENT if place == number else ""}>Portal {portal}</a>'
        for place, portal in enumerate(portals)
    )
    return f'<nav class="choice" aria-label="Accounts">{"".join(links)}</nav>'


def contacts_content(page: ContactPage, number: int, words: str, start: int) -> str:
    """Return the contacts of an account, newest first, escaped."""
    rows = [
        [
            link(f"{_CONTACTS}/{one['id']}?account={number}", one["id"]),
            one["email"],
            one["name"],
            one["lifecyclestage"],
            moment(one["createdAt"]),
            moment(one["updatedAt"]),
        ]
        for one in page.contacts
    ]
    form = (
        f'<form method="get" action="{_CONTACTS}" role="search">'
        f'<input type="hidden" name="account" value="{number}">'
        f'<input type="search" name="q" value="{escape(words)}" aria-label="Search" '
        'placeholder="Any property: an e-mail, a name …"><button>Search</button></form>'
    )
    empty = f"Nobody of {page.total:,} has {words!r} in a property." if words else "Nobody is here yet."
    columns = ("id", "email", "name", "life-cycle stage", "created", "updated")
    shown = table("contacts", columns, rows, empty=empty) + _turning(page, number, words, start)
    return form + section("Found" if words else "Newest first", shown, count=page.matched)


def contact_content(view: dict[str, Any], number: int, portal: int) -> str:
    """Return one contact: properties, their history, the timeline; escaped."""
    timeline = [
        [
            moment(one["occurredAt"]),
            one["eventName"],
            _properties(one["properties"]),
            "" if one["visible"] else Markup('<span class="mark">not yet readable</span>'),
        ]
        for one in view["timeline"]
    ]
    archived = f"<p>Archived at {escape(view['archivedAt'])}.</p>" if view["archivedAt"] else ""
    history = [[moment(one["at"]), one["name"], one["value"]] for one in reversed(view["history"])]
    mail = f"{escape(view['email'])} · " if view["email"] and view["name"] else ""
    back = link(f"{_CONTACTS}?account={number}", f"contacts of portal {portal}")
    columns = ("occurred", "event", "properties", "")
    return (
        f'<p class="hint">{mail}{escape(view["id"])} · {back}</p>{archived}'
        + section(
            "Timeline",
            _shortened(view["occurrences"], len(timeline))
            + table("timeline", columns, timeline, empty="Nothing happened yet."),
            count=view["occurrences"],
        )
        + section("Properties", table("properties", ("name", "value"), view["properties"].items()))
        + section(
            "History",
            _shortened(view["changes"], len(history)) + table("history", ("at", "name", "value"), history),
            count=view["changes"],
        )
    )


def definitions_content(definitions: Sequence[dict[str, Any]]) -> str:
    """Return the definitions of an account, escaped."""
    rows = [
        [
            Markup(f"<code>{escape(one['name'])}</code>"),
            one["label"],
            f"{one['occurrences']:,}",
            Markup("<br>".join(_declared(each) for each in one["properties"])),
        ]
        for one in definitions
    ]
    empty = "No event is defined: HubSpot refuses every one. serve --auto-define makes them at first sight."
    columns = ("name", "label", "occurrences", "own properties")
    return section("Events", table("definitions", columns, rows, empty=empty), count=len(rows))


def _shortened(total: int, shown: int) -> str:
    return f'<p class="hint">The newest {shown:,} of {total:,}.</p>' if total > shown else ""


def _turning(page: ContactPage, number: int, words: str, start: int) -> str:
    def at(place: int) -> str:
        return f"{_CONTACTS}?{urlencode({'account': number, 'q': words, 'after': place})}"

    newer = link(at(max(0, start - PAGE_SIZE)), "← Newer") if start else ""
    older = link(at(page.after), "Older →") if page.after is not None else ""
    if not newer and not older:
        return ""
    return f'<p class="turning">{newer} {start + 1:,} to {start + len(page.contacts):,} {older}</p>'


def _properties(properties: dict[str, str]) -> Markup:
    return Markup("<br>".join(f"<b>{escape(name)}</b> {escape(value)}" for name, value in properties.items()))


def _declared(one: dict[str, Any]) -> str:
    options = f": {', '.join(one['options'])}" if one["options"] else ""
    return f"<b>{escape(one['name'])}</b> {escape(one['type'] + options)}"
