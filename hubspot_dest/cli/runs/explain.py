"""What `hubspot-dest explain` does."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from hubspot_dest.checks.page import all_pages, page_of, plain_text
from hubspot_dest.cli.console import print_data, print_document, stop
from hubspot_dest.report.reason_catalogue import OUTCOME_WORDS, word_page
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.verify.catalogue import EVERY_CHECK

__all__ = ["explain"]


def explain(code: str | None, *, every: bool) -> None:
    """Print the page of a check, an outcome or a reason; all pages of checks, or the list of words."""
    if every:
        print_document(all_pages().rstrip("\n"))
        return
    if code is None:
        rows: list[tuple[str, str, str]] = [
            (check.code, check.severity, check.title) for check in EVERY_CHECK.values()
        ]
        rows += [(word.word, word.kind, word.about.partition(". ")[0]) for word in OUTCOME_WORDS.values()]
        width, kinds = (max(len(row[column]) for row in rows) for column in (0, 1))
        for word, kind, about in rows:
            print_data(f"{word.ljust(width)}  {kind.ljust(kinds)}  {about.rstrip('.')}")
        return
    pages = list(_pages(code))
    if not pages:
        known = [*EVERY_CHECK, *OUTCOME_WORDS]
        near = difflib.get_close_matches(_plain(code), known, n=1)
        hint = (
            f"did you mean {near[0]}?" if near else "hubspot-dest explain lists every code and every reason"
        )
        stop(f"there is no check, outcome or reason {safe_text(code, limit=60)!r}", hint)
    for number, page in enumerate(pages):
        if number:
            print_data("")
        for line in plain_text(page).rstrip("\n").split("\n"):
            print_data(line)


def _pages(code: str) -> Iterator[str]:
    """Yield what is known of a word, also as the table of a run prints it: `skipped: no_identity`."""
    for word in dict.fromkeys((code, _plain(code), _plain(code.rpartition(":")[2]))):
        found = False
        if word in EVERY_CHECK:
            found = True
            yield page_of(EVERY_CHECK[word])
        if word in OUTCOME_WORDS:
            found = True
            yield word_page(OUTCOME_WORDS[word])
        if found:
            return


def _plain(code: str) -> str:
    return code.strip(" :`'\"").lower()
