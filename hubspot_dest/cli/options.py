"""Options that several commands share, and what they mean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.report.safe_text import safe_text

if TYPE_CHECKING:
    from hubspot_dest.account.schema import AccountSchema
    from hubspot_dest.config.loading import ConfigFileError
    from hubspot_dest.config.model import Config

__all__ = [
    "account_option",
    "consent_states",
    "line_limit_option",
    "walkeros_option",
    "open_account",
    "open_config",
    "refuse",
    "shared_options",
    "time_zone",
    "use_colour",
]

PARITY_HELP = "Do what walkerOS does, its losses included."
WALKEROS_HELP = "The version of walkerOS that --parity means and results are compared with."

F = TypeVar("F", bound=Callable[..., Any])


def shared_options(function: F) -> F:
    """Add CONFIG and the options about the collector's state and the form of the output."""
    decorators = [
        click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG"),
        click.option(
            "--consent",
            multiple=True,
            metavar="NAME[=true|false]",
            help="The collector's consent to begin with; may be repeated.",
        ),
        click.option("--parity", is_flag=True, help=PARITY_HELP),
        walkeros_option(WALKEROS_HELP),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            help="JSON Lines: one object an event, a summary last.",
        ),
        click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same."),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def line_limit_option(function: F) -> F:
    """Add --max-line-bytes to a command that reads events."""
    return click.option(
        "--max-line-bytes",
        type=click.IntRange(1),
        default=16 * 1024 * 1024,
        show_default=True,
        metavar="N",
        help="A longer line of EVENTS is a bad line; it is not read into memory.",
    )(function)


def walkeros_option(text: str) -> Callable[[F], F]:
    """Return the option `--walkeros 4.4|4.7`, with its help text."""
    return click.option(
        "--walkeros", type=click.Choice(["4.4", "4.7"]), default="4.4", show_default=True, help=text
    )


def consent_states(values: Iterable[str]) -> dict[str, bool]:
    """Return `{"marketing": True}` for `marketing` and `marketing=true`.

    Raises:
        SystemExit: with exit code 2 for anything but true and false.

    """
    states: dict[str, bool] = {}
    for value in values:
        name, _, flag = value.partition("=")
        if not name or flag.lower() not in ("", "true", "false"):
            stop(f"--consent {safe_text(value)!r} says neither true nor false", "--consent marketing=true")
        states[name] = flag.lower() != "false"
    return states


def open_config(path: Path, *, needs_token: bool = True) -> Config:
    """Load a configuration and say its warnings; what cannot work ends the command with exit code 2."""
    from hubspot_dest.config.loading import (  # here, so that --help waits for nothing
        ConfigFileError,
        load_config,
    )

    try:
        config, warnings = load_config(path, needs_token=needs_token)
    except ConfigFileError as error:
        refuse(error)
    for line in warnings:
        say(f"warning: {safe_text(line)}")
    return config


def account_option(function: F) -> F:
    """Add --account: what is known of the account without asking it; the command gets `account`."""
    option = click.option(
        "--account",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="What the account has, as `hubspot-dest account pull` wrote it.",
    )
    return option(function)


def open_account(path: Path) -> AccountSchema:
    """Read an account file; what cannot be used ends the command with exit code 2."""
    from hubspot_dest.account.account_file import (  # for those who have one
        AccountFileError,
        read_account_file,
    )

    try:
        return read_account_file(path)
    except AccountFileError as error:
        stop(safe_text(error), "hubspot-dest account pull CONFIG -o account.json")


def refuse(error: ConfigFileError) -> NoReturn:
    """Say everything that is wrong with a configuration file, and end the command with exit code 2."""
    for line in error.lines:
        say(f"error: {safe_text(line)}")
    raise SystemExit(int(ExitCode.USAGE_ERROR)) from None


def use_colour(*, refused: bool) -> bool:
    """Tell whether to colour: on a terminal, unless refused by option or by NO_COLOR; FORCE_COLOR insists."""
    import os

    if refused or os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def time_zone(context: click.Context, parameter: click.Parameter, name: str) -> str:
    """Return the name of a time zone that this machine knows.

    Raises:
        click.BadParameter: it knows none of that name.

    """
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        msg = f"{safe_text(name)!r} is no time zone; such as Europe/Berlin (`hubspot-dest doctor` tells the account's)"
        raise click.BadParameter(msg, context, parameter) from None
