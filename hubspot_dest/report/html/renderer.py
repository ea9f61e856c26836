"""Render a report as a self-contained page without scripts, fonts or images.

Autoescape is on, so event values are always text, never HTML. The page's content security policy allows only its own
style sheet, by digest.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from hubspot_dest.report.html.page import ReportPage
from hubspot_dest.report.html.readable import cut_text, readable_json
from hubspot_dest.report.safe_text import safe_text

__all__ = ["render_report"]

_PACKAGE: Final = "hubspot_dest.report.html"
_TONES: Final = MappingProxyType(
    {
        "sent": "good",
        "flushed": "good",
        "identified": "good",
        "queued": "good",
        "ignored": "quiet",
        "denied": "open",
        "skipped": "open",
        "refused": "bad",
        "failed": "bad",
    }
)
_MEANINGS: Final = MappingProxyType(
    {
        "sent": "arrives in HubSpot",
        "flushed": "arrives in HubSpot, in a batch",
        "identified": "writes a contact, but no event",
        "queued": "sent in a batch",
        "ignored": "left out on purpose, by a rule",
        "denied": "not sent: consent is missing or refused",
        "skipped": "not sent: no identity, or nothing to send",
        "refused": "HubSpot would refuse it",
        "failed": "could not be mapped, or was not accepted",
    }
)
_STATES: Final = MappingProxyType({"present": "good", "conflict": "bad", "impossible": "bad"})
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MOST_PROBLEMS: Final = 100
_MOST_SAMPLES: Final = 60


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalized,
    )
    environment.filters["grouped"] = "{:,}".format
    environment.filters["cut"] = cut_text
    environment.filters["readable"] = readable_json
    environment.filters["share"] = _share
    return environment


def _finalized(value: Any) -> Any:
    """Escape characters that UTF-8 cannot encode or that could mislead a reader, in case a filter was forgotten."""
    if isinstance(value, str) and _UNFIT.search(value) is not None:
        return _UNFIT.sub(lambda match: safe_text(match[0]), value)
    return value


def _share(part: float, whole: float, width: float = 100) -> str:
    """Return the width of a bar, large enough to be visible."""
    if not part or not whole:
        return "0"
    return f"{min(width, max(width / 100, width * part / whole)):.2f}"


def render_report(page: ReportPage) -> str:
    """Render a page as HTML."""
    page = replace(page, outcomes=_in_order(page.outcomes))
    style = resources.files(_PACKAGE).joinpath("templates/report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return (
        _environment()
        .get_template("report.html")
        .render(
            page=page,
            style=style,
            style_digest=digest,
            tones=_TONES,
            states=_STATES,
            meanings=_MEANINGS,
            problems=page.problems[:_MOST_PROBLEMS],
            more_problems=max(0, len(page.problems) - _MOST_PROBLEMS),
            samples=page.samples[:_MOST_SAMPLES],
            more_samples=max(0, len(page.samples) - _MOST_SAMPLES),
            segments=_segments(page.outcomes),
            lacking=sum(definition.lacking for definition in page.definitions or ()),
            needed=sum(definition.size for definition in page.definitions or ()),
        )
    )


def _in_order(outcomes: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Sort outcomes from sent to refused, so that equal colours are adjacent in the bar."""
    order = {kind: place for place, kind in enumerate(_TONES)}
    return tuple(sorted(outcomes, key=lambda outcome: order.get(outcome[0], len(order))))


def _segments(outcomes: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    """Return the segments of the bar of outcomes, whose widths add up to 100."""
    whole = sum(count for _, count in outcomes)
    segments: list[dict[str, Any]] = []
    begin = 0.0
    for kind, count in outcomes:
        width = 100 * count / whole if whole else 0.0
        segments.append({"tone": _TONES.get(kind, "quiet"), "x": f"{begin:.3f}", "width": f"{width:.3f}"})
        begin += width
    return segments
