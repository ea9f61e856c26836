"""Run the JavaScript functions of one configuration (walkerOS 4.4 mapping, section 7).

Where a function runs is decided by its text. What cannot take much longer than its limit runs in a context of this
process (see `screening`); everything else in a worker process, which can be ended. A call in a worker
costs about 20 µs more.
"""

from __future__ import annotations

import itertools
import re
import threading
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript.account import CostAccount
from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError, WorkerLostError
from hubspot_dest.mapping.javascript.limits import Limits
from hubspot_dest.mapping.javascript.remote import RemoteSandbox, WorkerProcess, workers_available
from hubspot_dest.mapping.javascript.sandbox import Sandbox
from hubspot_dest.mapping.javascript.screening import is_bounded
from hubspot_dest.mapping.javascript.session import Session
from hubspot_dest.mapping.javascript.watchdog import Watchdog

__all__ = ["JavaScriptEngine", "JavaScriptFunction"]

# An arrow function with at most one plain parameter cannot see the context, so nothing of it need be passed.
_VALUE_ONLY: Final = re.compile(r"\s*(?:async\s+)?(?:\(\s*[\w$]*\s*\)|[\w$]+)\s*=>")
# A new context costs this much processor time; who broke the old one pays for it.
_NEW_CONTEXT_SECONDS: Final = 0.005
# Below this part of the limit, a call that took too long did not do so by itself.
_OWN_SHARE: Final = 0.8
# What functions may use beside themselves in a context of this process: with so little, no single step takes long.
_SLACK_BYTES: Final = 640 * 1024


class _Place:
    """Where the functions of one thread run.

    Attributes:
        local: the context in this process.
        parser: the sandbox of `local`, which also reads the text of new functions.
        remote: the context in the worker.
        worker: the process of `remote`; it serves one context after the other.
        left: the scope of the plan that went over to the worker. Functions of one plan share the event, so what
            comes later in that plan runs there too.

    """

    __slots__ = ("left", "local", "parser", "remote", "worker")

    def __init__(self) -> None:
        self.local: Session | None = None
        self.parser: Sandbox | None = None
        self.remote: Session | None = None
        self.worker: WorkerProcess | None = None
        self.left: object = None


class JavaScriptEngine:
    """The functions of one configuration, in one sandboxed context per thread.

    Safe to use from any number of threads and after a fork; what a function keeps to itself between calls (a counter
    in a closure) is per thread, and gone after a limit was hit. Determinism: time is the plan's `now_ms` where it has
    one, and `Math.random` begins anew with every plan, so that the same event gives the same plan.

    Args:
        limits: what one call may use.

    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._limits = limits
        self._threads = threading.local()
        self._numbers = itertools.count()
        self._watchdog = Watchdog(limits.seconds)
        self._worker_allowed = limits.worker and workers_available()

    def function(self, source: str) -> JavaScriptFunction:
        """Compile `source`, the text after `$code:`: one expression, whose value should be a function.

        Raises:
            JavaScriptSyntaxError: where it is not one expression.
            JavaScriptLimitError: where it is nested too deeply to be read.

        """
        place = self._place()
        try:
            self._parser(place).check(source)
        except JavaScriptLimitError:
            # Far deeper in the thread's stack than where the context was made, or a source nested without end.
            place.local = None
            self._parser(place).check(source)
        bounded = not self._worker_allowed or is_bounded(source)
        return JavaScriptFunction(self, source, next(self._numbers), CostAccount(self._limits), bounded)

    def close(self) -> None:
        """Give back the memory of all threads; the next call begins afresh."""
        self._threads = threading.local()

    def call(self, function: JavaScriptFunction, value: Any, context: CallContext, *, settle: bool) -> Any:
        """Call a function; see `JavaScriptFunction.__call__`."""
        account = function.account
        if account.off:
            raise account.refusal()
        account.calls += 1
        place = self._place()
        stays = function.bounded and (place.left is None or place.left is not context.scope)
        if stays or not self._worker_allowed:
            session = self._local(place, context)
            self._watchdog.wake()
        else:
            session = self._remote(place, context)
        try:
            return _run(session, function, value, context, settle)
        except JavaScriptLimitError as error:
            again = self._after_limit(error, session, place, function, context)
            if again is None:
                raise
        finally:
            sandbox = session.sandbox
            if sandbox.spent:
                account.charge(sandbox.spent, session.plans)
                sandbox.spent = 0.0
        try:
            return _run(again, function, value, context, settle)
        except JavaScriptLimitError as error:
            if error.kind == "time":
                account.overrun()
            raise

    def _after_limit(
        self,
        error: JavaScriptLimitError,
        session: Session,
        place: _Place,
        function: JavaScriptFunction,
        context: CallContext,
    ) -> Session | None:
        """Charge for a limit that was hit; return where to call the function again, if anywhere."""
        sandbox = session.sandbox
        if isinstance(error, WorkerLostError):
            return self._remote(place, context)
        here = session is place.local
        if error.kind == "time":
            spent, sandbox.spent = sandbox.spent, 0.0
            if here and self._worker_allowed:
                function.bounded = False
                if spent < _OWN_SHARE * self._limits.seconds:
                    # The clock here is that of the process, and other threads made it run: the worker's is its own.
                    return self._remote(place, context)
            function.account.overrun()
            return None
        if here and error.kind == "stack" and sandbox.misplaced():
            # The thread's stack is used far deeper here than where the context was made: make it here.
            return self._new_local(place)
        if here and error.kind == "memory" and self._worker_allowed:
            # The context here is small on purpose, and what runs in it changes nothing: once more, with all memory.
            function.bounded = False
            return self._remote(place, context)
        if sandbox.broken:
            sandbox.spent += _NEW_CONTEXT_SECONDS
        return None

    def _place(self) -> _Place:
        place: _Place | None = getattr(self._threads, "place", None)
        if place is None:
            place = self._threads.place = _Place()
        return place

    def _parser(self, place: _Place) -> Sandbox:
        self._local(place, None)
        assert place.parser is not None  # it is made with the session
        return place.parser

    def _local(self, place: _Place, context: CallContext | None) -> Session:
        session = place.local
        if session is None or _used_up(session, context):
            return self._new_local(place)
        return session

    def _new_local(self, place: _Place) -> Session:
        sandbox = Sandbox(self._limits, slack_bytes=_SLACK_BYTES if self._worker_allowed else None)
        self._watchdog.add(sandbox)
        place.parser = sandbox
        session = place.local = Session(sandbox, self._limits.memory_bytes // 2, _plans(place.local))
        return session

    def _remote(self, place: _Place, context: CallContext) -> Session:
        session = place.remote
        if session is None or _used_up(session, context):
            try:
                if place.worker is None or not place.worker.alive:
                    place.worker = WorkerProcess(self._limits)
            except OSError as error:
                return self._without_worker(context, error)
            sandbox = RemoteSandbox(place.worker, self._limits)
            session = place.remote = Session(sandbox, self._limits.memory_bytes // 2, _plans(place.remote))
        place.left = context.scope
        return session

    def _without_worker(self, context: CallContext, error: OSError) -> Session:
        context.logger.warn(
            f"the process for $code: functions could not be started ({error}): they run without it, and one that "
            "spends its time inside a single built-in can overrun its limit"
        )
        self._worker_allowed = False
        self._watchdog.wake()
        self.close()  # the contexts of all threads may now use all memory
        return self._new_local(self._place())


def _run(
    session: Session, function: JavaScriptFunction, value: Any, context: CallContext, settle: bool
) -> Any:
    return session.call(
        function.source,
        value,
        context,
        number=function.number,
        value_only=function.value_only,
        settle=settle,
    )


def _plans(session: Session | None) -> int:
    return 0 if session is None else session.plans


def _used_up(session: Session, context: CallContext | None) -> bool:
    """Tell whether another session must take its place."""
    if session.sandbox.broken:
        return True
    return session.tired and context is not None and context.scope is not session.scope


class JavaScriptFunction:
    """One function of a configuration.

    Attributes:
        source: its text, without `$code:`.
        number: which function of its engine it is.
        value_only: it cannot see the context.
        account: what it has cost.
        bounded: it runs in this process.

    """

    __slots__ = ("_engine", "account", "bounded", "number", "source", "value_only")

    def __init__(
        self, engine: JavaScriptEngine, source: str, number: int, account: CostAccount, bounded: bool
    ) -> None:
        self._engine = engine
        self.source = source
        self.number = number
        # What crypto gives is new for every event: it is made of the event.
        self.value_only = _VALUE_ONLY.match(source) is not None and "crypto" not in source
        self.account = account
        self.bounded = bounded

    def __call__(self, value: Any, context: CallContext, *, settle: bool = True) -> Any:
        """Call it with `(value, context)` and return the result as Python has it.

        None is `null`; lists and maps are copies with JavaScript's key order; what JSON cannot express is
        `UNDEFINED`, a float (NaN, -0.0 …) or `Foreign(kind)`, at any depth.

        Args:
            value: the mapping's input; Python values that JavaScript does not know become `undefined`.
            context: the rest; its logger gets what the function logs, in order, also when it throws.
            settle: await a promise; otherwise a promise is `Foreign("Promise")`, as for rule conditions (3.1).

        Raises:
            JavaScriptLimitError: where it takes too much time, memory or stack, or is switched off because it did.
            JavaScriptError: for what it throws.

        """
        return self._engine.call(self, value, context, settle=settle)

    def __repr__(self) -> str:
        return f"JavaScriptFunction({self.source!r})"
