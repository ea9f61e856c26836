"""Options shared by several commands, and groups of options that a command receives as one value.

Nothing heavy is imported at the top: `--help` must stay fast.

A file that a command writes is never one that it reads, and never one file for two outputs.
"""

from __future__ import annotations

import math
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

import click

from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.file_content import FileContent, content_of

if TYPE_CHECKING:
    from hubspot_dest.account.schema import AccountSchema
    from hubspot_dest.config.loading import ConfigFileError
    from hubspot_dest.config.model import Config
    from hubspot_dest.delivery.contact_cache import SharedContactCache
    from hubspot_dest.delivery.settings import OutboxSettings, StreamSettings
    from hubspot_dest.storage.sqlite_file import Durability

__all__ = [
    "ConnectionOptions",
    "DeliveryOptions",
    "FileCommand",
    "OutputFile",
    "RealRange",
    "StreamDeliveryOptions",
    "WatchingOptions",
    "account_option",
    "connected",
    "connection_options",
    "consent_hint",
    "consent_option",
    "consent_states",
    "delivery_options",
    "fail_on_option",
    "is_real",
    "line_limit_option",
    "node_option",
    "open_account",
    "open_config",
    "refuse",
    "refuse_database",
    "refuse_other_file",
    "shared_options",
    "stream_delivery_options",
    "time_zone",
    "use_colour",
    "verification_options",
    "walkeros_option",
    "watching_options",
]


class OutputFile(click.Path):
    """The type of an option that names a file to write; its command is a `FileCommand`.

    Args:
        allow_dash: whether `-` stands for a standard stream.

    """

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=False, allow_dash=allow_dash)


class FileCommand(click.Command):
    """A command that does not start if an output file is also one of its other files."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; for an option of another command, name that command."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name != "--explain":
                raise
            msg = (
                "No such option '--explain'. `hubspot-dest preview --explain` shows where every value comes from; "
                "`hubspot-dest explain CODE` explains a finding."
            )
            raise click.NoSuchOption("--explain", msg, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit with code 2, before anything is written, if an output is also another file."""
        _refuse_shared_files(self.params, ctx.params)
        return super().invoke(ctx)


def _refuse_shared_files(parameters: list[click.Parameter], values: dict[str, Any]) -> None:
    taken = [
        (_label(parameter), path, False)
        for parameter in parameters
        if isinstance(parameter.type, click.Path) and not isinstance(parameter.type, OutputFile)
        for path in _paths(values.get(parameter.name or ""))
    ]
    for parameter in parameters:
        if not isinstance(parameter.type, OutputFile):
            continue
        for path in _paths(values.get(parameter.name or "")):
            if path == "-":
                continue
            for label, other, is_output in taken:
                if _is_same(path, other):
                    verb = "also writes" if is_output else "reads"
                    stop(
                        f"{_label(parameter)} {safe_text(path)} is the file that {label} {verb}; nothing was written",
                        f"choose another name for {_label(parameter)}",
                    )
            refuse_database(_label(parameter), path)
            taken.append((_label(parameter), path, True))


def refuse_database(option: str, path: str | Path) -> None:
    """Exit with code 2 if an output is an SQLite file, such as an outbox with accepted events."""
    if content_of(path) is FileContent.SQLITE:
        stop(
            f"{option} {safe_text(path)} is an SQLite file, such as an outbox; nothing was written to it",
            f"choose another name for {option}",
        )


def _label(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return (parameter.name or "").upper()


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, (str, Path)) and str(value):
        yield str(value)


def _is_same(output: str, other: str) -> bool:
    """Return whether two names refer to the same regular file; writing to a device or pipe replaces nothing."""
    written, known = _status(output), _status(other)
    if written is not None and known is not None:
        return stat.S_ISREG(written.st_mode) and os.path.samestat(written, known)
    return written is known and other != "-" and os.path.realpath(output) == os.path.realpath(other)


def _status(name: str) -> os.stat_result | None:
    try:
        return os.fstat(sys.stdin.fileno()) if name == "-" else Path(name).stat()
    except (OSError, ValueError):
        return None


PARITY_HELP = "Behave exactly like walkerOS, including its losses."
WALKEROS_HELP = "The version of walkerOS to imitate with --parity, and to compare results with."

_REAL_HOSTS: Final = ("hubapi.com", "hubspot.com")
F = TypeVar("F", bound=Callable[..., Any])


def shared_options(function: F) -> F:
    """Add CONFIG, and the options for the collector's state and the form of the output."""
    decorators = [
        click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG"),
        consent_option("The collector's initial consent; may be repeated."),
        click.option("--parity", is_flag=True, help=PARITY_HELP),
        walkeros_option(WALKEROS_HELP),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            help="Write JSON Lines: one object per event, a summary last.",
        ),
        click.option("--no-color", is_flag=True, help="Do not use colours; NO_COLOR does the same."),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def consent_option(text: str) -> Callable[[F], F]:
    """Return the option `--consent NAME[=true|false]`, with its help text."""
    return click.option("--consent", multiple=True, metavar="NAME[=true|false]", help=text)


def fail_on_option(text: str) -> Callable[[F], F]:
    """Return a decorator that adds --fail-on with the severities of findings."""
    return click.option(
        "--fail-on",
        type=click.Choice(["refused", "lost", "doubtful", "never"]),
        default="lost",
        show_default=True,
        help=text,
    )


def node_option(function: F) -> F:
    """Add --node, the Node.js version for which functions are checked."""
    option = click.option(
        "--node",
        type=click.IntRange(16),
        default=22,
        show_default=True,
        help="The Node.js version of your walkerOS server.",
    )
    return option(function)


def verification_options(function: F) -> F:
    """Add the options that determine the verdict; `verify` and `report` share them."""
    decorators = [
        account_option,
        click.option("--live", is_flag=True, help="Read the account from HubSpot instead; needs a token."),
        connection_options,
        consent_option("The collector's consent; may be repeated."),
        click.option("--parity", is_flag=True, help=PARITY_HELP),
        walkeros_option(WALKEROS_HELP),
        fail_on_option("Findings of this severity or worse are a NO-GO; lost includes refused."),
        click.option(
            "--fail-under",
            type=RealRange(min=0, max=100),
            metavar="PERCENT",
            help="NO-GO if EVENTS exercise a smaller share of rules and properties.",
        ),
        click.option(
            "--strict", is_flag=True, help="NO-GO if a question is unanswered (except quotas) or doubtful."
        ),
        click.option(
            "--source",
            metavar="SOURCE",
            help="Forecast the quotas from a stream that `work` reads, kafka://… or redis://…, instead of EVENTS.",
        ),
        click.option(
            "--source-option",
            "source_options",
            multiple=True,
            metavar="KEY=VALUE",
            help="An option of librdkafka or redis-py, for --source; may be repeated.",
        ),
        node_option,
        line_limit_option,
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
        help="Maximum length of a line of EVENTS; a longer one is a bad line, and is not read into memory.",
    )(function)


def walkeros_option(text: str) -> Callable[[F], F]:
    """Return the option `--walkeros 4.4|4.7`, with its help text."""
    return click.option(
        "--walkeros", type=click.Choice(["4.4", "4.7"]), default="4.4", show_default=True, help=text
    )


def consent_states(values: Iterable[str], *configs: Mapping[str, Any]) -> dict[str, bool]:
    """Return `{"marketing": True}` for `marketing` and `marketing=true`.

    Args:
        values: the values of --consent.
        configs: the destinations' configurations; a warning is written for a name that none of them requires.

    Raises:
        SystemExit: with exit code 2 for anything but true and false.

    """
    states: dict[str, bool] = {}
    for value in values:
        name, _, flag = value.partition("=")
        if not name or flag.lower() not in ("", "true", "false"):
            stop(f"--consent {safe_text(value)!r} is neither true nor false", "--consent marketing=true")
        states[name] = flag.lower() != "false"
    if states and configs:
        _point_out_unknown(states, configs)
    return states


def _point_out_unknown(states: Mapping[str, bool], configs: Sequence[Mapping[str, Any]]) -> None:
    """Warn about each consent that no configuration requires."""
    from hubspot_dest.verdict.consents_without_effect import (  # here, so that --help stays fast
        consents_without_effect,
    )

    for name, reason in consents_without_effect(list(states), configs, lambda meant: f"--consent {meant}"):
        say(f"warning: --consent {safe_text(name)} has no effect: {safe_text(reason, limit=300)}")


def _asked(raw: Mapping[str, Any]) -> frozenset[str]:
    from hubspot_dest.verdict.rule_views import ConfigView  # here, so that --help stays fast

    return ConfigView(raw).consents


def consent_hint(raw: Mapping[str, Any]) -> str:
    """Return the option that grants what a configuration requires: `--consent marketing`."""
    names = sorted(_asked(raw))
    return f"--consent {safe_text(names[0])}" if len(names) == 1 else "--consent NAME"


def open_config(path: Path, *, needs_token: bool = True) -> Config:
    """Load a configuration and report its warnings; exit with code 2 if it is unusable."""
    from hubspot_dest.config.loading import (  # here, so that --help stays fast
        ConfigFileError,
        load_config,
    )

    try:
        config, warnings = load_config(path, needs_token=needs_token)
    except ConfigFileError as error:
        refuse_other_file(path)
        refuse(error)
    for line in warnings:
        say(f"warning: {safe_text(line)}")
    return config


_NO_CONFIGURATION: Final = frozenset(
    {FileContent.EVENTS, FileContent.ACCOUNT, FileContent.TRAIL, FileContent.SQLITE}
)


def refuse_other_file(config: Path) -> None:
    """End the command if CONFIG is another kind of file, for example because two arguments are swapped."""
    content = content_of(config)
    if content not in _NO_CONFIGURATION:
        return
    said = f"{safe_text(config)} looks like {content.value}, not a configuration"
    context = click.get_current_context(silent=True)
    if context is None:
        stop(said)
    given = [str(value) for value in context.params.values() if isinstance(value, str | Path)]
    given += [str(value) for value in context.params.get("files") or ()]
    meant = next((name for name in given if content_of(name).is_configuration), None)
    words = [word for word in context.command.collect_usage_pieces(context) if word != "[OPTIONS]"]
    if meant is not None and content is FileContent.EVENTS:
        order = (
            "CONFIG comes first"
            if any("CONFIG" in word for word in words)
            else f"the order is {' '.join(words)}"
        )
        said += f", and {safe_text(meant)} like one: {order}"
    stop(said, " ".join([context.command_path, *words]))


def account_option(function: F) -> F:
    """Add --account, a file that describes the account; the command receives `account`."""
    option = click.option(
        "--account",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Account file with definitions and properties, from `hubspot-dest account pull`.",
    )
    return option(function)


def open_account(path: Path) -> AccountSchema:
    """Read an account file; exit with code 2 if it is unusable."""
    from hubspot_dest.account.account_file import (  # here, so that --help stays fast
        AccountFileError,
        read_account_file,
    )

    try:
        return read_account_file(path)
    except AccountFileError as error:
        content = content_of(path)
        if content.is_configuration or content is FileContent.EVENTS:
            stop(
                f"{safe_text(path)} is not an account file: it looks like {content.value}",
                "hubspot-dest account pull CONFIG -o account.json makes one",
            )
        stop(safe_text(error), "hubspot-dest account pull CONFIG -o account.json")


def refuse(error: ConfigFileError) -> NoReturn:
    """Report everything that is wrong with a configuration file, and exit with code 2."""
    for line in error.lines:
        say(f"error: {safe_text(line)}")
    raise SystemExit(int(ExitCode.USAGE_ERROR)) from None


def use_colour(*, refused: bool) -> bool:
    """Return whether to use colours: on a terminal or with FORCE_COLOR, unless an option or NO_COLOR refuses."""
    if refused or os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def time_zone(context: click.Context, parameter: click.Parameter, name: str) -> str:
    """Validate the name of a time zone.

    Raises:
        click.BadParameter: the name is unknown.

    """
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        msg = f"{safe_text(name)!r} is not a time zone, such as Europe/Berlin (see `hubspot-dest doctor`)"
        raise click.BadParameter(msg, context, parameter) from None


class RealRange(click.FloatRange):
    """A range of finite numbers; click alone accepts `nan` and `inf`, which no bound excludes."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; raise a usage error if it is not finite."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def _grouped(function: F, name: str, kind: type[Any], options: Sequence[Callable[[Any], Any]]) -> F:
    """Add options to a command, which receives them as one `kind` named `name`."""
    members = [field.name for field in fields(kind)]

    @wraps(function)
    def command(**given: Any) -> Any:
        group = kind(**{member: given.pop(member) for member in members})
        return function(**given, **{name: group})

    for option in reversed(options):
        command = option(command)
    return cast("F", command)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """The connection to HubSpot; None stands for the configuration's value."""

    base_url: str | None
    api_version: str | None
    proxy: str | None
    ca_bundle: str | None
    timeout: float | None


def connection_options(function: F) -> F:
    """Add --base-url, --api-version, --proxy, --ca-bundle and --timeout; the command receives `reach`."""
    options = [
        click.option("--base-url", metavar="URL", help="HubSpot's base URL; the real HubSpot by default."),
        click.option(
            "--api-version",
            metavar="VERSION",
            help="HubSpot's API version: v3 (the default), 2025-09, 2026-03, 2026-09 …",
        ),
        click.option(
            "--proxy",
            metavar="URL",
            envvar="HUBSPOT_DEST_PROXY",
            help="HTTP proxy: http://[user:password@]host:port.",
        ),
        click.option(
            "--ca-bundle",
            metavar="FILE",
            help="PEM file of CA certificates to trust instead of the system's.",
        ),
        click.option(
            "--timeout",
            type=RealRange(min=0.1),
            metavar="SECONDS",
            help="How long to wait for a response.",
        ),
    ]
    return _grouped(function, "reach", ConnectionOptions, options)


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """How the content of an outbox is delivered."""

    durability: Durability
    connections: int
    portal_zone: str
    max_rps: float | None

    def outbox(self, path: Path | None) -> OutboxSettings | None:
        """Return the settings of the outbox; None without a path."""
        if path is None:
            return None
        from hubspot_dest.delivery.dispatch.retry import RetryPolicy
        from hubspot_dest.delivery.settings import OutboxSettings

        return OutboxSettings(
            path,
            durability=self.durability,
            connections=self.connections,
            max_rps=self.max_rps,
            policy=RetryPolicy(portal_zone=self.portal_zone),
        )


def _pace_options() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--connections",
            type=click.IntRange(1, 64),
            default=4,
            show_default=True,
            help="Maximum number of concurrent requests.",
        ),
        click.option(
            "--portal-zone",
            metavar="ZONE",
            default="UTC",
            callback=time_zone,
            help="The account's time zone, in which HubSpot resets the daily limit at midnight.",
        ),
        click.option(
            "--max-rps", type=RealRange(min=0.01), metavar="N", help="Maximum number of requests per second."
        ),
    ]


@dataclass(frozen=True, slots=True)
class StreamDeliveryOptions:
    """How a worker delivers the content of a stream."""

    connections: int
    portal_zone: str
    max_rps: float | None

    def settings(self, contacts: SharedContactCache | None) -> StreamSettings:
        """Return the settings for a destination."""
        from hubspot_dest.delivery.dispatch.retry import RetryPolicy
        from hubspot_dest.delivery.settings import StreamSettings

        return StreamSettings(
            connections=self.connections,
            max_rps=self.max_rps,
            policy=RetryPolicy(portal_zone=self.portal_zone),
            contacts=contacts,
        )


def stream_delivery_options(function: F) -> F:
    """Add --connections, --portal-zone and --max-rps; the command receives `delivery`."""
    return _grouped(function, "delivery", StreamDeliveryOptions, _pace_options())


def delivery_options(function: F) -> F:
    """Add --durability, --connections, --portal-zone and --max-rps; the command receives `delivery`."""
    options = [
        click.option(
            "--durability",
            type=click.Choice(["full", "normal"]),
            default="full",
            show_default=True,
            help="What the outbox survives: full, a power failure; normal, only a crash of this process.",
        ),
        *_pace_options(),
    ]
    return _grouped(function, "delivery", DeliveryOptions, options)


@dataclass(frozen=True, slots=True)
class WatchingOptions:
    """What is recorded while events are sent."""

    trail: Path | None
    metrics: str | None
    otel: bool
    shows_progress: bool

    @property
    def any(self) -> bool:
        """Whether anything is recorded."""
        return bool(self.trail or self.metrics is not None or self.otel or self.shows_progress)


def watching_options(function: F) -> F:
    """Add --trail, --metrics, --otel and --progress; the command receives `watched`."""
    options = [
        click.option(
            "--trail",
            type=OutputFile(allow_dash=True),
            metavar="FILE",
            help="Write what happens to every event to FILE, as JSON Lines; - for stderr. See `follow`.",
        ),
        click.option(
            "--metrics",
            metavar="[HOST:]PORT",
            help="Serve Prometheus metrics at /metrics on this port; 0 chooses a free port.",
        ),
        click.option(
            "--otel",
            is_flag=True,
            help="Send counts and timings to OpenTelemetry, configured by its own environment variables.",
        ),
        click.option("--progress", "shows_progress", is_flag=True, help="Report progress every ten seconds."),
    ]
    return _grouped(function, "watched", WatchingOptions, options)


def connected(config: Config, reach: ConnectionOptions) -> Config:
    """Return the configuration with the connection of the command line; exit with code 2 if it is invalid."""
    from hubspot_dest.masking.secret import MaskedText  # here, so that --help stays fast

    known = config.connection
    made = replace(
        known,
        base_url=reach.base_url or known.base_url,
        api_version=reach.api_version or known.api_version,
        proxy=MaskedText(reach.proxy) if reach.proxy else known.proxy,
        ca_bundle=reach.ca_bundle or known.ca_bundle,
    )
    checks: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: made.host, "--base-url http://127.0.0.1:8080"),
        (lambda: made.version, "--api-version v3"),
        (lambda: made.via, "--proxy http://127.0.0.1:3128"),
        (made.check_trust, "--ca-bundle FILE, with certificates in PEM format"),
    )
    for check, hint in checks:
        try:
            check()
        except ValueError as error:
            stop(safe_text(error, limit=300), hint)
    timeout_ms = config.timeout_ms if reach.timeout is None else int(reach.timeout * 1000)
    return replace(config, connection=made, timeout_ms=timeout_ms)


def is_real(config: Config) -> bool:
    """Return whether the configuration points to the real HubSpot."""
    host = (urlsplit(config.connection.base_url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in _REAL_HOSTS)
