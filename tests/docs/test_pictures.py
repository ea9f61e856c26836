"""Pictures of the documentation that the tests of the terminal do not draw."""

from __future__ import annotations

import html
import re

from scripts.status_page_picture import PICTURE, headings_in, headings_of, page_at, status_page
from tests.docs.command_blocks import ROOT


def test_the_picture_of_the_status_page_shows_the_page_of_today() -> None:
    with status_page() as address:
        now = headings_of(page_at(address))
    assert headings_in(PICTURE.read_bytes()) == now, "run `python -m scripts.status_page_picture`"


def test_the_picture_of_the_architecture_names_the_four_calls_of_the_page_and_the_parts_of_the_loop() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    shown = [html.unescape(text).strip() for text in re.findall(r">([^<>]+)</text>", drawn)]
    calls = re.findall(r"^\w+ += (\w+\.\w+)\(", page, re.M)
    assert len(calls) == 4
    assert [text for text in shown if text in calls] == calls
    for part in ("dispatcher.step", "retry.decide", "OutboxSink", "DirectSink"):
        assert part in page
        assert any(text.startswith(part) for text in shown), part


def test_every_picture_has_a_text_for_those_who_do_not_see_it() -> None:
    for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]:
        for text, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert text.strip(), f"{page.name}: {target}"
            assert (page.parent / target).exists(), f"{page.name}: {target}"
