"""The page of a check, for `hubspot-dest explain` and docs/checks.md."""

from __future__ import annotations

from collections.abc import Iterable

from hubspot_dest.checks.catalogue import CATALOGUE, EVIDENCE_MEANINGS, Check

__all__ = ["all_pages", "page_of"]

_SEVERITIES = {
    "refused": "HubSpot answers an error, or drops it",
    "lost": "nothing of it will ever arrive",
    "doubtful": "accepted, but probably a mistake; or it is unknown what HubSpot does",
}
_LOSERS = {"walkeros": "walkerOS loses it; this sender does not", "both": "walkerOS and this sender alike"}


def page_of(check: Check) -> str:
    """Return the page of one check as Markdown."""
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
        lines.append(f"- **HubSpot's words**: `{check.wording}`")
    if check.switch is not None:
        lines.append(
            f"- **Switch** of the simulated HubSpot: `{check.switch.name}`; with `{check.switch.refuses}` it refuses "
            "or drops."
        )
    lines += [f"- **Fix**: {check.fix}", ""]
    return "\n".join(lines)


_CHECKS_HEAD = (
    "# Checks",
    "",
    "What `preview` and `verify` report about events and configurations. Each finding has the code of its check;",
    "`hubspot-dest explain CODE` shows the same text. This page is made from `hubspot_dest/checks/catalogue.py`:",
    "`hubspot-dest explain --all > docs/checks.md`.",
)


def all_pages(checks: Iterable[Check] = tuple(CATALOGUE.values()), head: Iterable[str] = _CHECKS_HEAD) -> str:
    """Return the pages of all checks with a table of contents, as docs/checks.md has them.

    Args:
        checks: of one catalogue.
        head: the lines before the table.

    """
    every = list(checks)
    lines = [
        *head,
        "",
        "| code | severity | evidence | about |",
        "|---|---|---|---|",
        *(
            f"| [{check.code}](#{check.code}) | {check.severity} | {check.evidence} | {check.title} |"
            for check in every
        ),
        "",
    ]
    return "\n".join([*lines, *(page_of(check) for check in every)])
