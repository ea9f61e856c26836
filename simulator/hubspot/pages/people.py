"""The pages about one account: its contacts, one contact with its timeline, its definitions."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

from ..account import Account
from ..looking import ContactPage, contacts_page, definitions_view
from .frame import Markup, link, section, table

__all__ = ["contact_content", "contacts_content", "definitions_content"]

_PAGE = 50


def contacts_content(account: Account, number: int, words: str, start: int) -> str:
    """Return the contacts of an account, newest first, escaped."""
    page = contacts_page(account, words=words, start=start, limit=_PAGE)
    rows = [
        [
            link(f"/_simulator/pages/contacts/{one['id']}?account={number}", one["id"]),
            one["email"],
            one["name"],
            one["lifecyclestage"],
            one["createdAt"],
            one["updatedAt"],
        ]
        for one in page.contacts
    ]
    form = (
        '<form method="get" role="search">'
        f'<input type="hidden" name="account" value="{number}">'
        f'<input type="search" name="q" value="{escape(words)}" aria-label="Search" '
        'placeholder="Any property: an e-mail, a name …"><button>Search</button></form>'
    )
    columns = ("id", "email", "name", "life-cycle stage", "created", "updated")
    shown = table("contacts", columns, rows, empty="Nobody." if not words else f"Nobody has {words!r}.")
    return form + section(f"Portal {account.portal_id}", shown + _more(page, number, words), count=page.total)


def contact_content(account: Account, view: dict[str, Any]) -> str:
    """Return one contact: properties, their history, the timeline; escaped."""
    timeline = [
        [
            one["occurredAt"],
            one["eventName"],
            _properties(one["properties"]),
            "" if one["visible"] else "not yet",
        ]
        for one in view["timeline"]
    ]
    shown = view["occurrences"]
    note = "" if shown <= len(timeline) else f"<p>The newest {len(timeline)} of {shown:,}.</p>"
    archived = f"<p>Archived at {escape(view['archivedAt'])}.</p>" if view["archivedAt"] else ""
    history = [[one["at"], one["name"], one["value"]] for one in reversed(view["history"])]
    columns = ("occurred", "event", "properties", "visible")
    return (
        archived
        + section(
            "Timeline",
            note + table("timeline", columns, timeline, empty="Nothing happened yet."),
            count=shown,
        )
        + section("Properties", table("properties", ("name", "value"), view["properties"].items()))
        + section("History", table("history", ("at", "name", "value"), history), count=len(history))
        + f"<p>{link('/_simulator/pages/contacts', 'All contacts')} of portal {account.portal_id}</p>"
    )


def definitions_content(account: Account) -> str:
    """Return the definitions of an account, escaped."""
    rows = [
        [
            one["name"],
            one["label"],
            f"{one['occurrences']:,}",
            Markup("<br>".join(_declared(each) for each in one["properties"])),
        ]
        for one in definitions_view(account)
    ]
    empty = "No event is defined: HubSpot refuses every one. serve --auto-define makes them at first sight."
    columns = ("name", "label", "occurrences", "own properties")
    return section(
        f"Portal {account.portal_id}", table("definitions", columns, rows, empty=empty), count=len(rows)
    )


def _more(page: ContactPage, number: int, words: str) -> str:
    if page.after is None:
        return ""
    query = urlencode({"account": number, "q": words, "after": page.after})
    return f"<p>{link(f'/_simulator/pages/contacts?{query}', 'Older ones')}</p>"


def _properties(properties: dict[str, str]) -> Markup:
    return Markup("<br>".join(f"<b>{escape(name)}</b> {escape(value)}" for name, value in properties.items()))


def _declared(one: dict[str, Any]) -> str:
    options = f": {', '.join(one['options'])}" if one["options"] else ""
    return f"<b>{escape(one['name'])}</b> {escape(one['type'] + options)}"
