"""The report is one page that needs nothing else, and shows whatever an event holds as harmless text."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from hubspot_dest.report.html.page import (
    ReportDefinition,
    ReportEvent,
    ReportExample,
    ReportInput,
    ReportPage,
    ReportProblem,
    ReportQuestion,
    ReportSample,
)
from hubspot_dest.report.html.readable import cut_text, readable_json
from hubspot_dest.report.html.renderer import render_report

HOSTILE = '</td></table><script>alert(1)</script><img src=x onerror="alert(2)">\u202e{{ 7*7 }}'
HUGE = "x" * 1_000_000
ALLOWED = frozenset(
    "href id class lang charset name content http-equiv tabindex role scope".split()  # noqa: SIM905 - names
)
_SVG = frozenset(["viewbox", "preserveaspectratio", "aria-hidden", "x", "width", "height"])


@dataclass
class Page(HTMLParser):
    """What a browser would make of a page."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == [], "an element is not closed"
    return page


def assert_self_contained(html: str) -> Page:
    """Hold a page against the promise: no script, nothing from elsewhere, headings and tables in order."""
    page = parsed(html)
    names = {name for name, _ in page.tags}
    assert not names & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "base",
        "video",
    }
    for name, attributes in page.tags:
        assert set(attributes) - ALLOWED - _SVG <= {"aria-label", "aria-labelledby"}, (name, attributes)
        assert attributes.get("href", "#").startswith("#")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for reference in (attributes.get("aria-labelledby"), attributes.get("href", "")[1:]):
            assert not reference or reference in ids
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all("scope" in attributes for attributes in page.of("th"))
    assert all(len(page.of(name)) == 1 for name in ("main", "header", "footer", "nav", "title", "style"))
    policy = next(entry["content"] for entry in page.of("meta") if entry.get("http-equiv"))
    style = html[html.index("<style>") + len("<style>") : html.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "url(" not in style
    assert "@import" not in style
    return page


@pytest.mark.parametrize("value", [HOSTILE, HUGE, "\x00\x1b[31m\ud800", ""])
def test_hostile_values_are_text_wherever_they_stand(value: str) -> None:
    prop = ReportDefinition("property", value, "missing", "string")
    made = ReportPage(
        title=value,
        tone="bad",
        verdict="NO-GO",
        reason=value,
        created="today",
        problems=(ReportProblem("refused", value, value, value, 3, value, blocking=True),),
        questions=(ReportQuestion(value, "open", value, (value,)),),
        outcomes=(("sent", 1), (value[:20], 2)),
        samples=(
            ReportSample(value, "sent", (["a.b", {value[:300]: value, "list": [value] * 100}],), value, value, 1, 2),
        ),
        definitions=(ReportDefinition("event", value, "missing", "", value, (prop,)),),
        examples=(ReportExample(value, value, False, (value,)),),
        events=(ReportEvent("12:00:00", value, value, "sent", value, value),),
        provenance=(("seed", value),),
        inputs=(ReportInput("events", value, "0" * 64, 5),),
        notes=(value,),
    )  # fmt: skip
    html = render_report(made)
    page = assert_self_contained(html)
    assert len(html) < 100_000
    html.encode("utf-8", "strict")
    if value == HOSTILE:
        assert "<script>alert(1)</script>" in "".join(page.text)
        assert "\u202e" not in html
    if value == HUGE:
        assert "(1,000,000 characters)" in "".join(page.text)


def test_a_long_text_says_how_long_it_was() -> None:
    assert cut_text("a" * 30, 10) == "a" * 10 + "… (30 characters)"
    assert cut_text("short") == "short"
    assert "… (1,000,000 characters)" in readable_json({"a": HUGE})
    assert '"…": "40 more"' in readable_json({str(number): 1 for number in range(100)})
    assert '"… 40 more"' in readable_json(list(range(100)))


def test_deep_and_odd_values_are_readable() -> None:
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    assert "…" in readable_json(deep)
    assert readable_json(float("nan")) == '"NaN"'


def test_the_outcomes_begin_with_what_arrives_whatever_event_came_first() -> None:
    found = (("refused", 1), ("skipped", 1), ("identified", 1), ("sent", 5))
    page = Page()
    page.feed(
        render_report(
            ReportPage(title="Shop", tone="good", verdict="GO", reason="", created="today", outcomes=found)
        )
    )
    listed = [text for text in page.text if text in dict(found)]
    assert listed[:4] == ["sent", "identified", "skipped", "refused"]
