"""What `hubspot-dest explain` does."""

from __future__ import annotations

import difflib

from hubspot_dest.checks.page import all_pages, page_of
from hubspot_dest.cli.console import print_data, stop
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.verify.catalogue import EVERY_CHECK

__all__ = ["explain"]


def explain(code: str | None, *, every: bool) -> None:
    """Print the page of a check, all pages, or the list of codes."""
    if every:
        print_data(all_pages().rstrip("\n"))
        return
    known = EVERY_CHECK
    if code is None:
        width = max(map(len, known))
        for check in known.values():
            print_data(f"{check.code.ljust(width)}  {check.severity:<8}  {check.title}")
        return
    if code not in known:
        near = difflib.get_close_matches(code, list(known), n=1)
        hint = f"did you mean {near[0]}?" if near else "hubspot-dest explain lists every code"
        stop(f"there is no check {safe_text(code)!r}", hint)
    print_data(page_of(known[code]).rstrip("\n"))
