"""Generate docs/lint.md from the catalogue of lint checks."""

from __future__ import annotations

from typing import Final

from hubspot_dest.checks.page import all_pages
from hubspot_dest.lint.catalogue import LINT_CHECKS

__all__ = ["lint_page"]

_HEAD: Final = (
    "# Lint",
    "",
    "```synopsis",
    "hubspot-dest lint CONFIG [--fail-on refused|lost|doubtful|never] [--format text|json|sarif|github|junit]",
    "                  [--json] [--sarif FILE] [--junit FILE] [--github] [--fix] [--account FILE]",
    "                  [--explain CODE] [--node N] [--no-color]",
    "```",
    "",
    "`lint` reports every mistake in a configuration or flow file at once, each with its line; `$var` references are",
    "followed. No event, token or network is needed. Exit code 0: no finding of the severity of `--fail-on` (default",
    "`lost`, which includes `refused`). 1: at least one. 2: the file cannot be read. `--fix` corrects misspelt keys,",
    "`skip`, outdated paths, doubled prefixes and default properties that are not text, and changes nothing else.",
    "`--node` is the Node.js version of your walkerOS server. `--account FILE` (`hubspot-dest account pull`) also",
    "reports event definitions and properties that the account lacks, and fixed values that it does not accept.",
    "",
    "```sh",
    "hubspot-dest lint flow.json",
    "hubspot-dest lint --explain path_notation",
    "```",
    "",
    "The contracts of a flow file are checked, too ([verify](verify.md#contracts)). In addition to the text,",
    "`--sarif`, `--junit` and `--github` write reports for code scanning, test reports and pull requests.",
    "",
    "Names and values that HubSpot refuses have the codes of [checks](checks.md). This page is generated from",
    "`hubspot_dest/lint/catalogue.py` with `python -m hubspot_dest.lint.page > docs/lint.md`.",
)


def lint_page() -> str:
    """Return the text of docs/lint.md."""
    return all_pages(LINT_CHECKS.values(), _HEAD)


if __name__ == "__main__":
    import sys

    sys.stdout.write(lint_page() + "\n")
