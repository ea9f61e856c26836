"""Render the status pages from their templates. Autoescape is on: whatever a sender wrote is text, never HTML."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

__all__ = ["render"]

_PRODUCT: Final = "HubSpot on this machine"
_MENU: Final = (
    ("/", "Overview"),
    ("/_simulator/pages/contacts", "Contacts"),
    ("/_simulator/pages/definitions", "Definitions"),
    ("/_simulator/api", "API"),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("simulator.hubspot.control.pages"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["grouped"] = "{:,}".format
    environment.globals.update(product=_PRODUCT, menu=_MENU)
    return environment


def render(template: str, *, title: str = "", here: str = "", **values: Any) -> str:
    """Return a page.

    Args:
        template: the file's name in `templates`.
        title: the page's heading; the product's name without one.
        here: the path of the page in the menu.
        values: what the template shows.

    """
    return _environment().get_template(template).render(title=title, here=here, **values)
