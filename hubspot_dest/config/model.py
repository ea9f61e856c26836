"""The destination's configuration: what a user may write, and what the rest of the package reads.

`Config.strict` holds a configuration against the models below and names everything that is wrong with it.
`Config.lenient` reads it the way upstream does, which checks nothing (walkerOS 4.4, sections 4.1 and 5.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pydantic import SecretStr

from hubspot_dest.config.connection import Connection
from hubspot_dest.config.validation import Problem, find_problems
from hubspot_dest.mapping.jsvalues import UNDEFINED, truthy

__all__ = ["Config", "ConfigError", "Problem"]

DEFAULT_BATCH: Final = 50
MAX_BATCH: Final = 500
DEFAULT_TIMEOUT_MS: Final = 10_000
DEFAULT_QUEUE_MAX: Final = 1_000
DEFAULT_DLQ_MAX: Final = 100


class ConfigError(ValueError):
    """A configuration that cannot work.

    Attributes:
        problems: everything that is wrong, each with its path.

    """

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Config:
    """A destination's configuration, read once.

    Attributes:
        raw: a copy of what was configured, without token and environment: what the planner compiles.
        token: the private app's access token, masked wherever it is printed.
        id: the destination's id; names it in messages.
        consent: the names of which one must be granted, or None.
        disabled: nothing is done at all.
        mock: returned instead of sending; `UNDEFINED` where there is none.
        batch: gather occurrences instead of sending each.
        batch_size: how many make a flush due, 1 to 500.
        batch_chunk: how many go out at once; less than `batch_size` for a fraction only, which upstream allows.
        queue_max: how many events may wait for consent.
        dlq_max: how many failed events are kept.
        timeout_ms: how long HubSpot may take to answer.
        connection: where HubSpot is, and how it is reached.
        collector: the collector's state to begin with, as a flow file has it: consent, user, globals, custom.
        env_client: a client handed in through the configuration's `env`, or None.
        warnings: what works, but not as its author may think.

    """

    raw: dict[str, Any] = field(repr=False)
    token: SecretStr = field(default_factory=lambda: SecretStr(""))
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

    @classmethod
    def strict(cls, raw: Any, *, token: str | None = None) -> Self:
        """Check and read a configuration.

        Args:
            raw: the configuration as a mapping, as it stands in a walkerOS flow.
            token: takes precedence over `settings.accessToken`.

        Raises:
            ConfigError: with every problem found, where there is any that is not just a warning.

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
        """Read a configuration as upstream does: what is odd means what JavaScript makes of it."""
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
            token=SecretStr(given if isinstance(given, str) else ""),
            id=identifier if isinstance(identifier, str) and identifier else "hubspot",
            consent=consent if isinstance(consent, dict) else None,
            disabled=truthy(raw.get("disabled", UNDEFINED)),
            mock=raw.get("mock", UNDEFINED),
            batch=truthy(settings.get("batch", UNDEFINED)),
            batch_size=math.ceil(size),
            batch_chunk=max(1, int(size)),
            queue_max=_whole(raw.get("queueMax"), DEFAULT_QUEUE_MAX),
            dlq_max=_whole(raw.get("dlqMax"), DEFAULT_DLQ_MAX),
            timeout_ms=_whole(raw.get("timeout"), DEFAULT_TIMEOUT_MS) or DEFAULT_TIMEOUT_MS,
            connection=Connection.of_settings(settings),
            env_client=env.get("client") if isinstance(env, dict) else None,
            warnings=warnings,
        )

    def require_settings(self, *, needs_token: bool = True) -> None:
        """Check what nothing can be sent without.

        Raises:
            ConfigError: with upstream's own message: `Config settings accessToken missing`.

        """
        if needs_token and not self.token.get_secret_value():
            hint = "put it into settings.accessToken, or into the environment as HUBSPOT_ACCESS_TOKEN"
            problem = Problem(("settings", "accessToken"), "the access token is missing", hint)
            msg = "Config settings accessToken missing"
            raise ConfigError(msg, (problem,))
        settings = self.raw.get("settings")
        prefix = settings.get("eventNamePrefix") if isinstance(settings, dict) else None
        if not truthy(prefix if prefix is not None else UNDEFINED):
            hint = 'give the prefix of your portal\'s custom events, for example "pe12345678_"'
            problem = Problem(("settings", "eventNamePrefix"), "the event name prefix is missing", hint)
            msg = "Config settings eventNamePrefix missing"
            raise ConfigError(msg, (problem,))


def _without_secrets(raw: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = {
        key: _copy(value) for key, value in raw.items() if key not in ("env", "credentials")
    }
    settings = copied.get("settings")
    if isinstance(settings, dict):
        settings.pop("accessToken", None)
        settings.pop("proxy", None)  # may hold a password
    return copied


def _copy(value: Any) -> Any:
    """Copy maps and lists, so that nobody can change the configuration under our feet; share the rest."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _batch_size(value: Any) -> float:
    """Read `batchSize` as upstream does: absent, 0 and nonsense mean 50, more than 500 means 500."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return DEFAULT_BATCH
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value == 0:
        return 1 if value is True else DEFAULT_BATCH
    # Below 1 upstream sends empty batches for ever (defect D14); one at a time is as near as it gets.
    return max(1, min(value, MAX_BATCH))


def _whole(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value < 0:
        return default
    return int(min(value, 2**53))
