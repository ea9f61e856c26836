"""Run the JavaScript functions of one configuration (walkerOS 4.4 mapping, section 7).

The source of a function decides where it runs. A function that cannot exceed its limit by much runs in a context of
this process (see `screening`). Any other runs in a worker process, which can be killed; a call there takes about 20 µs
longer.
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

# An arrow function with at most one plain parameter cannot see the context, so the context need not be passed.
_VALUE_ONLY: Final = re.compile(r"\s*(?:async\s+)?(?:\(\s*[\w$]*\s*\)|[\w$]+)\s*=>")
# Processor time of a new context, charged to the function that broke the old one.
_NEW_CONTEXT_SECONDS: Final = 0.005
# A call that was interrupted below this share of the limit was slowed down by other threads.
_OWN_SHARE: Final = 0.8
# Memory for values in a context of this process: with so little, no single step takes long.
_SLACK_BYTES: Final = 640 * 1024


class _ThreadState:
    """The contexts that the functions of one thread run in.

    Attributes:
        local: the context in this process.
        parser: the sandbox of `local`, which also parses new functions.
        remote: the context in the worker.
        worker: the process of `remote`; it has one context at a time.
        remote_scope: the scope of the last plan that used the worker. Functions of one plan share the event, so the
            later functions of that plan run there, too.

    """

    __slots__ = ("local", "parser", "remote", "remote_scope", "worker")

    def __init__(self) -> None:
        self.local: Session | None = None
        self.parser: Sandbox | None = None
        self.remote: Session | None = None
        self.worker: WorkerProcess | None = None
        self.remote_scope: object = None


class JavaScriptEngine:
    """The functions of one configuration, in one sandboxed context per thread.

    The engine may be used from several threads and after a fork. State that a function keeps between calls (a counter
    in a closure) is per thread, and lost when a limit is hit. Results are deterministic: the time is the plan's
    `now_ms` if it has one, and `Math.random` is reseeded for every plan, so the same event gives the same plan.

    Args:
        limits: the limits of one call.

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
            JavaScriptSyntaxError: the source is not a single expression.
            JavaScriptLimitError: the source is nested too deeply to be parsed.

        """
        state = self._thread_state()
        try:
            self._parser(state).check(source)
        except JavaScriptLimitError:
            # The thread's stack is much deeper here than where the context was made, or the source is nested too deep.
            state.local = None
            self._parser(state).check(source)
        bounded = not self._worker_allowed or is_bounded(source)
        return JavaScriptFunction(self, source, next(self._numbers), CostAccount(self._limits), bounded)

    def close(self) -> None:
        """Free the contexts of all threads; the next call creates new ones."""
        self._threads = threading.local()

    def call(self, function: JavaScriptFunction, value: Any, context: CallContext, *, settle: bool) -> Any:
        """Call a function; see `JavaScriptFunction.__call__`."""
        account = function.account
        if account.off:
            raise account.refusal()
        account.calls += 1
        state = self._thread_state()
        stays = function.bounded and (state.remote_scope is None or state.remote_scope is not context.scope)
        if stays or not self._worker_allowed:
            session = self._local(state, context)
            self._watchdog.wake()
        else:
            session = self._remote(state, context)
        try:
            return _run(session, function, value, context, settle)
        except JavaScriptLimitError as error:
            again = self._after_limit(error, session, state, function, context)
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
        state: _ThreadState,
        function: JavaScriptFunction,
        context: CallContext,
    ) -> Session | None:
        """Charge for a limit that was hit; return the session to retry the call in, or None."""
        sandbox = session.sandbox
        if isinstance(error, WorkerLostError):
            return self._remote(state, context)
        here = session is state.local
        if error.kind == "time":
            spent, sandbox.spent = sandbox.spent, 0.0
            if here and self._worker_allowed:
                function.bounded = False
                if spent < _OWN_SHARE * self._limits.seconds:
                    # The clock here counts the whole process, with its other threads; the worker has its own clock.
                    return self._remote(state, context)
            function.account.overrun()
            return None
        if here and error.kind == "stack" and sandbox.misplaced():
            # The thread's stack is much deeper here than where the context was made: make a new context here.
            return self._new_local(state)
        if here and error.kind == "memory" and self._worker_allowed:
            # The context here is small on purpose, and functions in it have no effects: retry with all the memory.
            function.bounded = False
            return self._remote(state, context)
        if sandbox.broken:
            sandbox.spent += _NEW_CONTEXT_SECONDS
        return None

    def _thread_state(self) -> _ThreadState:
        state: _ThreadState | None = getattr(self._threads, "state", None)
        if state is None:
            state = self._threads.state = _ThreadState()
        return state

    def _parser(self, state: _ThreadState) -> Sandbox:
        self._local(state, None)
        assert state.parser is not None  # it is made with the session
        return state.parser

    def _local(self, state: _ThreadState, context: CallContext | None) -> Session:
        session = state.local
        if session is None or _is_exhausted(session, context):
            return self._new_local(state)
        return session

    def _new_local(self, state: _ThreadState) -> Session:
        sandbox = Sandbox(self._limits, slack_bytes=_SLACK_BYTES if self._worker_allowed else None)
        self._watchdog.add(sandbox)
        state.parser = sandbox
        session = state.local = Session(sandbox, self._limits.memory_bytes // 2, _plans(state.local))
        return session

    def _remote(self, state: _ThreadState, context: CallContext) -> Session:
        session = state.remote
        if session is None or _is_exhausted(session, context):
            try:
                if state.worker is None or not state.worker.alive:
                    state.worker = WorkerProcess(self._limits)
            except OSError as error:
                return self._without_worker(context, error)
            sandbox = RemoteSandbox(state.worker, self._limits)
            session = state.remote = Session(sandbox, self._limits.memory_bytes // 2, _plans(state.remote))
        state.remote_scope = context.scope
        return session

    def _without_worker(self, context: CallContext, error: OSError) -> Session:
        context.logger.warn(
            f"the process for $code: functions could not be started ({error}): they run without it, and a function "
            "that spends its time inside a single built-in can exceed its limit"
        )
        self._worker_allowed = False
        self._watchdog.wake()
        self.close()  # the contexts of all threads may now use all memory
        return self._new_local(self._thread_state())


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


def _is_exhausted(session: Session, context: CallContext | None) -> bool:
    """Return whether the session must be replaced."""
    if session.sandbox.broken:
        return True
    return session.tired and context is not None and context.scope is not session.scope


class JavaScriptFunction:
    """One function of a configuration.

    Attributes:
        source: the source text, without `$code:`.
        number: the number of the function in its engine.
        value_only: whether the function cannot see the context.
        account: the processor time that it has used.
        bounded: whether it may run in this process.

    """

    __slots__ = ("_engine", "account", "bounded", "number", "source", "value_only")

    def __init__(
        self, engine: JavaScriptEngine, source: str, number: int, account: CostAccount, bounded: bool
    ) -> None:
        self._engine = engine
        self.source = source
        self.number = number
        # The results of crypto are derived from the event, so its functions need the context.
        self.value_only = _VALUE_ONLY.match(source) is not None and "crypto" not in source
        self.account = account
        self.bounded = bounded

    def __call__(self, value: Any, context: CallContext, *, settle: bool = True) -> Any:
        """Call the function with `(value, context)` and return its result as a Python value.

        `null` becomes None; lists and maps are copies in JavaScript's key order. At any depth, a value that JSON cannot
        express becomes `UNDEFINED`, a float (NaN, -0.0 …) or `Foreign(kind)`.

        Args:
            value: the mapping's input; Python values without a JavaScript counterpart become `undefined`.
            context: the second argument; its logger receives the function's log messages in order, even if it throws.
            settle: await a promise; otherwise a promise is `Foreign("Promise")`, as in rule conditions (section 3.1).

        Raises:
            JavaScriptLimitError: the function exceeds a limit, or is switched off because it did so too often.
            JavaScriptError: the function throws.

        """
        return self._engine.call(self, value, context, settle=settle)

    def __repr__(self) -> str:
        return f"JavaScriptFunction({self.source!r})"
