"""The destination's configuration, validated or read leniently.

`Config.strict` validates a configuration and reports every problem.
`Config.lenient` reads it as upstream does, without validation (walkerOS 4.4, sections 4.1 and 5.1).
"""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from hubspot_dest.config.connection import Connection
from hubspot_dest.config.validation import Problem, find_problems, usable_client
from hubspot_dest.mapping.jsvalues import UNDEFINED, entries, truthy
from hubspot_dest.masking.secret import MaskedText, Secret

__all__ = ["Config", "ConfigError", "Problem", "SourceMap"]

DEFAULT_BATCH: Final = 50
MAX_BATCH: Final = 500
DEFAULT_TIMEOUT_MS: Final = 10_000
DEFAULT_QUEUE_MAX: Final = 1_000
DEFAULT_DLQ_MAX: Final = 100


class ConfigError(ValueError):
    """The configuration is invalid.

    Attributes:
        problems: all problems, each with its path.

    """

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The lines of a configuration's values in its file.

    Attributes:
        file: the file's name as the user gave it.
        lines: path from the root of the configuration to line, counted from 1.

    """

    file: str
    lines: Mapping[tuple[str | int, ...], int]

    def line(self, path: tuple[str | int, ...]) -> int | None:
        """Return the line of a path, or else of its nearest enclosing value."""
        steps = path
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps)


@dataclass(frozen=True, slots=True)
class Config:
    """A destination's configuration.

    Attributes:
        raw: a copy of the configuration without its secrets and `env`; the planner compiles it.
        token: the private app's access token, masked wherever it is printed.
        id: the destination's id, used in messages.
        consent: consent names, one of which must be granted, or None.
        disabled: whether events are dropped.
        mock: the value to return instead of sending, or `UNDEFINED`.
        batch: whether occurrences are collected and sent in batches.
        batch_size: number of occurrences that triggers a flush, 1 to 500.
        batch_chunk: occurrences per request; differs from `batch_size` only for a fractional size.
        queue_max: maximum number of events waiting for consent.
        dlq_max: maximum number of dead letters to keep.
        timeout_ms: HTTP timeout, in milliseconds.
        connection: base URL, API version, proxy and CA bundle.
        collector: the collector's initial state from a flow file: consent, user, globals, custom.
        env_client: a client from the configuration's `env`, or None.
        warnings: settings that are valid but probably unintended.
        source: the lines of the file that the configuration was loaded from, or None.

    """

    raw: dict[str, Any] = field(repr=False)
    token: Secret = field(default_factory=lambda: MaskedText(""))
    id: str = "hubspot"
    consent: dict[str, Any] | None = None
    disabled: bool = False
    mock: Any = UNDEFINED
    batch: bool = False
    batch_size: int = DEFAULT_BATCH
    batch_chunk: int = DEFAULT_BATCH
    queue_max: int = DEFAULT_QUEUE_MAX
    dlq_max: int = DEFAULT_DLQ_MAX
    timeout_ms: int = DEFAULT_TIMEOUT_MS
    connection: Connection = field(default_factory=Connection)
    collector: dict[str, Any] = field(default_factory=dict, repr=False)
    env_client: Any = field(default=None, repr=False)
    warnings: tuple[Problem, ...] = ()
    source: SourceMap | None = field(default=None, repr=False)

    @classmethod
    def strict(cls, raw: Any, *, token: str | None = None) -> Self:
        """Validate a configuration and read it.

        Args:
            raw: the configuration, as in a walkerOS flow.
            token: an access token that takes precedence over `settings.accessToken`.

        Raises:
            ConfigError: at least one problem is an error; all problems are listed.

        """
        try:
            problems = find_problems(raw)
        except RecursionError:
            problems = [Problem((), "nested too deeply to be a configuration")]
        errors = tuple(problem for problem in problems if problem.severity == "error")
        if errors:
            raise ConfigError("; ".join(str(problem) for problem in errors), errors)
        warnings = tuple(problem for problem in problems if problem.severity == "warning")
        return cls._read(raw, token, warnings)

    @classmethod
    def lenient(cls, raw: Any, *, token: str | None = None) -> Self:
        """Read a configuration as upstream does, with JavaScript's coercions."""
        return cls._read(raw if isinstance(raw, dict) else {}, token, ())

    @classmethod
    def _read(cls, raw: dict[str, Any], token: str | None, warnings: tuple[Problem, ...]) -> Self:
        settings = raw.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        env = raw.get("env")
        identifier = raw.get("id")
        consent = raw.get("consent")
        size = _batch_size(settings.get("batchSize"))
        given = settings.get("accessToken") if token is None else token
        return cls(
            raw=_without_secrets(raw),
            # A secret that is mounted as a file usually ends with a line break.
            token=MaskedText(given.rstrip("\r\n") if isinstance(given, str) else ""),
            id=identifier if isinstance(identifier, str) and identifier else "hubspot",
            consent=_required(consent),
            disabled=truthy(raw.get("disabled", UNDEFINED)),
            mock=raw.get("mock", UNDEFINED),
            batch=truthy(settings.get("batch", UNDEFINED)),
            batch_size=math.ceil(size),
            batch_chunk=max(1, int(size)),
            queue_max=_whole(raw.get("queueMax"), DEFAULT_QUEUE_MAX),
            dlq_max=_whole(raw.get("dlqMax"), DEFAULT_DLQ_MAX),
            timeout_ms=_whole(raw.get("timeout"), DEFAULT_TIMEOUT_MS) or DEFAULT_TIMEOUT_MS,
            connection=Connection.of_settings(settings),
            env_client=usable_client(env),
            warnings=warnings,
        )

    @property
    def portal(self) -> str:
        """Which portal events go to: the address, and the prefix of its custom events, which holds its number."""
        settings = self.raw.get("settings")
        prefix = settings.get("eventNamePrefix", "") if isinstance(settings, dict) else ""
        return f"{self.connection.base_url} {prefix}"

    def for_planning(self) -> Self:
        """Return the configuration with a placeholder token if it has none, for a client that sends nothing."""
        return self if self.token.get_secret_value() else replace(self, token=MaskedText("none"))

    def for_outbox(self) -> Self:
        """Return the configuration for planning what `send` does with an outbox.

        An outbox keeps every event that waits for consent, unless the configuration has a `queueMax` of its own.
        """
        return self if self.raw.get("queueMax") is not None else replace(self, queue_max=sys.maxsize)

    def check_token(self) -> None:
        """Check that the token can be sent in an HTTP header (RFC 9110, section 5.5).

        Raises:
            ConfigError: the token contains a line break, a space or a non-ASCII character; it is not quoted.

        """
        token = self.token.get_secret_value()
        place = next((number for number, text in enumerate(token) if not "!" <= text <= "~"), None)
        if place is None:
            return
        name = unicodedata.name(token[place], f"U+{ord(token[place]):04X}").lower()
        name = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}.get(token[place], name)
        message = (
            f"character {place + 1} of the access token is {name}, which is not allowed in an HTTP header"
        )
        hint = "copy the whole token again; HubSpot's tokens consist of letters, digits and -"
        raise ConfigError(message, (Problem(("settings", "accessToken"), message, hint),))

    def require_settings(self, *, needs_token: bool = True) -> None:
        """Check the settings that sending requires.

        Raises:
            ConfigError: a required setting is missing; the message is upstream's, `Config settings accessToken
                missing`.

        """
        if needs_token and not self.token.get_secret_value():
            hint = "set settings.accessToken, or the environment variable HUBSPOT_ACCESS_TOKEN"
            problem = Problem(("settings", "accessToken"), "the access token is missing", hint)
            msg = "Config settings accessToken missing"
            raise ConfigError(msg, (problem,))
        settings = self.raw.get("settings")
        prefix = settings.get("eventNamePrefix") if isinstance(settings, dict) else None
        if not truthy(prefix if prefix is not None else UNDEFINED):
            hint = 'set it to the prefix of your portal\'s custom events, for example "pe12345678_"'
            problem = Problem(("settings", "eventNamePrefix"), "the event name prefix is missing", hint)
            msg = "Config settings eventNamePrefix missing"
            raise ConfigError(msg, (problem,))


def _required(consent: Any) -> dict[str, Any] | None:
    """Return the required consent as a map; as in JavaScript, the names of a text or list are its positions.

    No consent is named `0`, so for a text upstream never lets an event through (section 2.6).
    """
    return dict(entries(consent)) if isinstance(consent, (dict, str, list)) else None


def _without_secrets(raw: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = {
        key: _copy(value) for key, value in raw.items() if key not in ("env", "credentials")
    }
    settings = copied.get("settings")
    if isinstance(settings, dict):
        settings.pop("accessToken", None)
        settings.pop("proxy", None)  # may contain a password
    return copied


def _copy(value: Any) -> Any:
    """Copy maps and lists, so that later changes by the caller have no effect; other values are shared."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _batch_size(value: Any) -> float:
    """Read `batchSize` as upstream does: absent, 0 and invalid values mean 50, more than 500 means 500."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return DEFAULT_BATCH
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value == 0:
        return 1 if value is True else DEFAULT_BATCH
    # Below 1 upstream sends empty batches forever (defect D14); batches of one come closest.
    return max(1, min(value, MAX_BATCH))


def _whole(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value < 0:
        return default
    return int(min(value, 2**53))
