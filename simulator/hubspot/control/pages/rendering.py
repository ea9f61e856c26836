"""Render the status pages. Autoescape is on, so that values from senders are never HTML."""

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
    """Render a template to HTML.

    Args:
        template: file name in `templates`.
        title: heading of the page; the product's name if empty.
        here: path of the page's menu entry.
        values: variables of the template.

    """
    return _environment().get_template(template).render(title=title, here=here, **values)
