"""One QuickJS context with its built-ins guarded and frozen, and the calls into it.

A context belongs to the thread that created it. A context that exceeded a limit is in an undefined state (with pending
jobs and unreleased memory), so its owner replaces it; a new one takes about five milliseconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, Final, NoReturn

from hubspot_dest.mapping.javascript.codec import MAX_DEPTH
from hubspot_dest.mapping.javascript.errors import (
    JavaScriptError,
    JavaScriptLimitError,
    JavaScriptSyntaxError,
)
from hubspot_dest.mapping.javascript.library import script, scripts_for, zone_table, zones_for
from hubspot_dest.mapping.javascript.limits import Limits

__all__ = ["Sandbox"]

MAX_RESULT_PARTS: Final = 100_000
MAX_RESULT_CHARS: Final = 4 * 1024 * 1024

_SHORT: Final = 0.001

_PLACE: Final = re.compile(r"<input>:(\d+):(\d+)")
_OUT_OF_MEMORY: Final = ("InternalError: out of memory", "null", "[uninitialized]")


@cache
def _prelude() -> str:
    folder = resources.files(__package__)
    intrinsics, guards, host = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("intrinsics.js", "guards.js", "host.js")
    )
    return (
        "(() => {\nconst stringify = JSON.stringify;\n"
        f"const hooks = {intrinsics.rstrip()};\n{guards.rstrip()};\n"
        f"const host = ({host.rstrip()})"
        f"(hooks, stringify, {MAX_DEPTH}, {MAX_RESULT_PARTS}, {MAX_RESULT_CHARS});\n"
        "hooks.freeze();\nreturn (name) => host[name];\n})()"
    )


class Sandbox:
    """A context of one thread.

    Args:
        limits: the limits of one call.
        slack_bytes: memory for the values of calls, in addition to the functions; None allows all of the limit.

    Attributes:
        begin, set_event, …: functions of host.js.
        broken: a limit was hit, so the context must be replaced.
        busy: a call is in progress.
        calls: the number of calls so far.
        strangled: whether `strangle` was called.
        spent: processor time in seconds that functions used since this was set to 0; calls of less than a
            millisecond are not counted.

    """

    def __init__(self, limits: Limits, *, slack_bytes: int | None = None) -> None:
        # Import the extension itself: the package around it starts a thread on import.
        from _quickjs import (  # type: ignore[import-not-found]
            Context,
            JSException,
            StackOverflow,
        )

        self._errors = (JSException, StackOverflow, MemoryError, UnicodeError)
        self._overflow = StackOverflow
        self._limits = limits
        self._slack_bytes = slack_bytes
        self.broken = False
        self.busy = False
        self.calls = 0
        self.strangled = False
        self.spent = 0.0
        self._context = Context()
        self._context.set_max_stack_size(limits.stack_bytes)
        self._context.set_memory_limit(limits.memory_bytes)
        pick = self._context.eval(_prelude())
        self._context.set_time_limit(limits.seconds)
        self.parse_json: Callable[[str], Any] = self._context.parse_json
        self._call: Callable[..., Any] = pick("call")
        self.begin: Callable[..., Any] = pick("begin")
        self.set_event: Callable[..., Any] = pick("setEvent")
        self.set_collector: Callable[..., Any] = pick("setCollector")
        self.set_consent: Callable[..., Any] = pick("setConsent")
        self.add_mapping: Callable[..., int] = pick("addMapping")
        self._register = pick("register")
        self._install: Callable[[Any], Any] = pick("install")
        self._add_zone: Callable[[str], Any] = pick("addZone")
        self._installed: set[str] = set()
        self._settled = pick("settled")
        self._drain = pick("drain")
        self._run_job: Callable[[], bool] = self._context.execute_pending_job

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """The exceptions that calls into the context may raise; `fail` translates them."""
        return self._errors

    def check(self, source: str) -> None:
        """Parse `source` without running any of it.

        Raises:
            JavaScriptSyntaxError: the source is not a single expression.

        """
        self._limit_memory(None)
        self._parse(_thunk(source))
        # Reject what is valid only inside parentheses (`a)(b`, `a, b`).
        self._parse(f'"use strict"; () => 1 ? \n{source}\n : 0')
        self._limit_memory(self._slack_bytes)

    def _parse(self, text: str) -> Any:
        try:
            return self._context.eval(text)
        except self._errors as error:
            first, _, place = str(error).partition("\n")
            if not first.startswith("SyntaxError: "):
                self.fail(error)
            match = _PLACE.search(place)
            line, column = (int(match[1]) - 1, int(match[2])) if match else (1, 1)
            raise JavaScriptSyntaxError(first.removeprefix("SyntaxError: "), max(line, 1), column) from None

    def register(self, source: str) -> int:
        """Evaluate the expression, which must be a function, and return its number in this context.

        An error that the expression throws is thrown again by every call.
        """
        self._limit_memory(None)
        self._load(source)
        started = time.thread_time()
        try:
            number = int(self._register(self._parse(_thunk(source))))
        except self._errors as error:
            self.fail(error)
        finally:
            self.spent += time.thread_time() - started
        self._limit_memory(self._slack_bytes)
        return number

    def _load(self, source: str) -> None:
        """Load the scripts and time zones that the source names and this context does not have yet."""
        names = scripts_for(source)
        missing = [name for name in names if name not in self._installed]
        zones = zones_for(source) if "intl" in names else []
        try:
            for name in missing:
                self._install(self._context.eval(script(name)))
            for zone in zones:
                if zone not in self._installed:
                    self._add_zone(zone_table(zone))
        except self._errors as error:
            self.fail(error)
        self._installed.update(missing, zones)

    def _limit_memory(self, slack_bytes: int | None) -> None:
        limit = self._limits.memory_bytes
        if slack_bytes is not None:
            limit = min(limit, self.memory_used() + slack_bytes)
        if not self.strangled:
            self._context.set_memory_limit(limit)

    def run(self, number: int, mode: int, given: Any, settle: bool, mapping: int) -> tuple[Any, str]:
        """Call a function; return its answer in the format of host.js, and the later log messages as JSON.

        Raises:
            JavaScriptError: the engine ended the call; `drain` returns the log messages up to then.

        """
        started = time.thread_time()
        clock = time.perf_counter()
        try:
            answer = self._call(number, mode, given, settle, mapping)
            worked = self._run_jobs(started)
            if answer == "p":
                answer = self._settled()
            later = self.drain() if worked else "[]"
        except self._errors as error:
            self.fail(error)
        finally:
            # Reading the thread's clock costs ten times as much as the wall clock, and nearly all calls are short.
            if time.perf_counter() - clock > _SHORT:
                self.spent += time.thread_time() - started
        if self.strangled:
            self.check_time()
        return answer, later

    def _run_jobs(self, started: float) -> bool:
        """Run the pending jobs, which are the steps of async functions; return whether there were any.

        Args:
            started: this thread's processor time when the call began, in seconds.

        Raises:
            JavaScriptLimitError: the jobs exceed the time limit.

        """
        if not self._run_job():
            return False
        while self._run_job():
            if time.thread_time() - started > self._limits.seconds:
                self.broken = True
                raise JavaScriptLimitError("time", self._too_long())
        return True

    def drain(self) -> str:
        """Return the messages logged since the last answer, as JSON; an empty list if the context cannot."""
        try:
            return str(self._drain())
        except self._errors:
            return "[]"

    def fail(self, error: BaseException) -> NoReturn:
        """Translate `error`, which the context raised, and raise the result."""
        self.broken = True
        if self.strangled:
            self.check_time()
        first = str(error).partition("\n")[0]
        if isinstance(error, self._overflow):
            raise JavaScriptLimitError("stack", "Maximum call stack size exceeded", "RangeError") from None
        if first == "InternalError: interrupted":
            raise JavaScriptLimitError("time", self._too_long()) from None
        if isinstance(error, MemoryError) or first in _OUT_OF_MEMORY:
            raise JavaScriptLimitError("memory", "out of memory") from None
        raise JavaScriptError("InternalError", first) from None

    def strangle(self) -> None:
        """Set the memory limit to nothing, from any thread, so that the running call fails."""
        self.broken = self.strangled = True
        self._context.set_memory_limit(1)

    def check_time(self) -> None:
        """Raise an error if the watchdog interrupted the call, whatever the call returned.

        Raises:
            JavaScriptLimitError: the time limit was exceeded.

        """
        if self.strangled:
            raise JavaScriptLimitError("time", self._too_long()) from None

    def _too_long(self) -> str:
        return f"the function took longer than {self._limits.seconds:g} seconds"

    def misplaced(self) -> bool:
        """Return whether calls fail because the thread's stack is much deeper here than where the context was made."""
        try:
            self._drain()
        except self._overflow:
            return True
        return False

    def memory_used(self) -> int:
        """Return the memory that the context has allocated, in bytes."""
        return int(self._context.memory()["malloc_size"])


def _thunk(source: str) -> str:
    return f'"use strict"; () => (\n{source}\n)'
