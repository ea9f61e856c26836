"""Render the pages of checks for `hubspot-dest explain` and docs/checks.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from hubspot_dest.checks.catalogue import CATALOGUE, EVIDENCE_MEANINGS, Check

__all__ = ["all_pages", "page_of", "plain_text"]

_HEADING: Final = re.compile(r"^#+ ", re.MULTILINE)
_LABEL: Final = re.compile(r"^- \*\*([^*]+)\*\*", re.MULTILINE)
_CODE: Final = re.compile(r"`([^`\n]*)`")

_SEVERITIES = {
    "refused": "HubSpot answers with an error, or drops it",
    "lost": "it never arrives",
    "doubtful": "HubSpot accepts it, but the result is probably unintended; or its behaviour is unknown",
}
_LOSERS = {"walkeros": "walkerOS, but not this sender", "both": "walkerOS and this sender"}


def page_of(check: Check) -> str:
    """Return the page of a check as Markdown."""
    lines = [
        f"### {check.code}",
        "",
        f"{check.title[0].upper()}{check.title[1:]}.",
        "",
        check.about,
        "",
        f"- **Severity**: {check.severity}: {_SEVERITIES[check.severity]}.",
    ]
    if check.by is not None:
        lines.append(f"- **Lost by**: {_LOSERS[check.by]}.")
    lines.append(f"- **Evidence**: {check.evidence}: {EVIDENCE_MEANINGS[check.evidence]} ({check.source}).")
    if check.wording:
        lines.append(f"- **HubSpot's message**: `{check.wording}`")
    if check.switch is not None:
        lines.append(
            f"- **Switch** of the simulated HubSpot: `{check.switch.name}`; with `{check.switch.refuses}`, it refuses "
            "or drops."
        )
    lines += [f"- **Fix**: {check.fix}", ""]
    return "\n".join(lines)


def plain_text(page: str) -> str:
    """Return the page of a check or word without the marks of Markdown, for a terminal."""
    return _CODE.sub(r"\1", _LABEL.sub(r"\1", _HEADING.sub("", page)))


_CHECKS_HEAD = (
    "# Checks",
    "",
    "The findings that `preview` and `verify` report about events and configurations. Each has the code of its check;",
    "`hubspot-dest explain CODE` shows the page of a check. This page is generated from",
    "`hubspot_dest/checks/catalogue.py` with `hubspot-dest explain --all > docs/checks.md`.",
    "",
    'The evidence cites sections of "HubSpot wire facts" and "walkerOS 4.4". These are the project\'s own records: of',
    "HubSpot's documents and captured answers, and of what walkerOS' code does. They are not shipped;",
    "[fidelity](fidelity.md) lists the kind of evidence of each rule of the simulated HubSpot.",
)


def all_pages(checks: Iterable[Check] = tuple(CATALOGUE.values()), head: Iterable[str] = _CHECKS_HEAD) -> str:
    """Return the pages of all checks with a table of contents, as in docs/checks.md.

    Args:
        checks: the checks of a catalogue.
        head: the lines before the table.

    """
    listed = list(checks)
    lines = [
        *head,
        "",
        "| code | severity | evidence | about |",
        "|---|---|---|---|",
        *(
            f"| [{check.code}](#{check.code}) | {check.severity} | {check.evidence} | {check.title} |"
            for check in listed
        ),
        "",
    ]
    return "\n".join([*lines, *(page_of(check) for check in listed)])
