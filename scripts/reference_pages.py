"""Generate reference pages from the code: commands, exit codes, checks, lint, and the codes of verify.

Run `python -m scripts.reference_pages` to write them; a test fails if they are outdated.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from hubspot_dest.checks.page import all_pages, page_of
from hubspot_dest.cli import exit_codes
from hubspot_dest.cli import main as sender
from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.lint.page import lint_page
from hubspot_dest.verify.catalogue import VERIFY_CHECKS
from simulator import cli as simulator

__all__ = ["PAGES", "commands_page", "every_command", "exit_codes_page", "options_of"]

_DOCS: Final = Path(__file__).parents[1] / "docs"
_PROGRAMS: Final = {"hubspot-dest": sender._group, "hubspot-sim": simulator._group}  # noqa: SLF001 - the groups have no public name
_EXIT: Final = re.compile(r"(?P<exit_codes>Exit \d.*)", re.S)
# The page that describes each command in full.
_PAGES_OF: Final = {
    "account": "preview.md#the-account-as-a-file",
    "diff": "diff.md",
    "definitions": "definitions.md",
    "doctor": "doctor.md",
    "explain": "checks.md",
    "follow": "watching.md#follow-one-event",
    "init": "scaffold.md",
    "lint": "lint.md",
    "listen": "listen.md",
    "outbox": "delivery.md#dead-letters",
    "preview": "preview.md",
    "report": "report.md",
    "scaffold": "scaffold.md",
    "send": "sending.md",
    "verify": "verify.md",
    "work": "workers.md",
    "check": "check.md",
    "compare": "cassettes.md",
    "conform": "conformance.md",
    "generate": "synthesis.md",
    "import": "cassettes.md",
    "record": "cassettes.md",
    "replay": "cassettes.md",
    "run": "terminal.md#without-a-screen",
    "scrub": "cassettes.md",
    "serve": "simulator.md",
    "tui": "terminal.md",
}


def _commands(
    name: str, command: click.Command, parent: click.Context | None = None
) -> Iterator[click.Context]:
    context = click.Context(command, parent=parent, info_name=name, color=False)
    if not isinstance(command, click.Group):
        yield context
        return
    for child in command.list_commands(context):
        found = command.get_command(context, child)
        assert found is not None
        yield from _commands(child, found, context)


def every_command() -> Iterator[click.Context]:
    """Yield every command of both programs; its path is `command_path`."""
    for name, group in _PROGRAMS.items():
        yield from _commands(name, group)


def options_of(context: click.Context) -> set[str]:
    """Return the long options of a command."""
    names = {name for parameter in context.command.get_params(context) for name in parameter.opts}
    return {name for name in names if name.startswith("--")}


def _plain(text: str) -> str:
    """Return a help text on one line, safe in a table cell."""
    joined = " ".join(text.replace("\b", "").split())
    return joined.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _description(context: click.Context) -> tuple[str, str]:
    """Return what a command does, and what its exit codes mean."""
    text = inspect.cleandoc(context.command.help or "").replace("\f", "")
    exit_codes = _EXIT.search(text)
    about = text[: exit_codes.start()] if exit_codes else text
    return about.strip(), " ".join(exit_codes["exit_codes"].split()) if exit_codes else ""


def _option_rows(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is None or "--help" in record[0]:
            continue
        names = record[0].replace("|", "\\|")
        yield f"| `{names}` | {_plain(record[1])} |"


def commands_page() -> str:
    """Return docs/commands.md: every command of both programs with its options."""
    lines = [
        "# Commands and options",
        "",
        "Every command of both programs, as `--help` shows it. Made from the command lines:",
        "`python -m scripts.reference_pages`.",
        "",
        "| command | does |",
        "|---|---|",
    ]
    sections: list[str] = []
    for context in every_command():
        about, _ = _description(context)
        path = context.command_path
        summary = _plain(about.partition("\n\n")[0])
        lines.append(f"| [`{path}`](#{path.replace(' ', '-')}) | {summary} |")
        usage = context.command.collect_usage_pieces(context)
        sections += [f"## {path}", "", "```synopsis", " ".join([path, *usage]), "```", ""]
        for paragraph in about.split("\n\n"):
            sections += [_plain(paragraph), ""]
        options = list(_option_rows(context))
        if options:
            sections += ["| option | |", "|---|---|", *options, ""]
        page = _PAGES_OF[path.split(" ")[1]]
        sections += [f"[More]({page})", ""]
    return "\n".join([*lines, "", *sections]).rstrip() + "\n"


def _meanings() -> Iterator[tuple[int, str]]:
    """Yield each exit code with its docstring."""
    tree = ast.parse(inspect.getsource(exit_codes))
    members = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body[1:]
    for assigned, meaning in zip(members[::2], members[1::2], strict=True):
        assert isinstance(assigned, ast.Assign)
        assert isinstance(meaning, ast.Expr)
        yield ast.literal_eval(assigned.value), ast.literal_eval(meaning.value)


def exit_codes_page() -> str:
    """Return docs/exit-codes.md: the codes of both programs, and what each command means by them."""
    lines = [
        "# Exit codes",
        "",
        "Both programs use the same codes. Made from `hubspot_dest/cli/exit_codes.py` and the help of each command:",
        "`python -m scripts.reference_pages`.",
        "",
        "| code | means |",
        "|---|---|",
        *(f"| {code} | {_plain(meaning)} |" for code, meaning in _meanings()),
        "",
        "What each command means by them, where it says more than that:",
        "",
        "| command | exit codes |",
        "|---|---|",
    ]
    for context in every_command():
        _, exit_codes = _description(context)
        if exit_codes:
            lines.append(f"| `{context.command_path}` | {_plain(exit_codes)} |")
    return "\n".join(lines) + "\n"


def checks_page() -> str:
    """Return docs/checks.md, as `hubspot-dest explain --all` prints it."""
    return all_pages().rstrip() + "\n"


def verify_page() -> str:
    """Return docs/verify.md: its text up to the first code, then the codes of verify and of contracts."""
    text = (_DOCS / "verify.md").read_text(encoding="utf-8")
    codes = [page_of(check) for check in (*VERIFY_CHECKS.values(), *CONTRACT_CHECKS.values())]
    return "\n".join([text.partition("\n### ")[0].rstrip() + "\n", *codes]).rstrip() + "\n"


PAGES: Final = {
    "checks.md": checks_page,
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "lint.md": lint_page,
    "verify.md": verify_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (_DOCS / name).write_text(page(), encoding="utf-8")
