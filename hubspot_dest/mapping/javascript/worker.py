"""The worker process, which runs the functions that may have to be killed.

A built-in cannot be interrupted by the engine or by a thread of the same process, but the kernel can kill the process:
before handling a message, the worker sets a timer on its own processor time, whose signal ends it. So the limit holds
whatever happens to the parent. An idle worker exits when the parent's end of the socket is closed.

A message is a list of operations, written by remote.py; only `ping`, `call` and `memory` are answered.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
from typing import Any, Final

import orjson

from hubspot_dest.mapping.javascript.errors import JavaScriptError, JavaScriptLimitError
from hubspot_dest.mapping.javascript.limits import Limits
from hubspot_dest.mapping.javascript.sandbox import Sandbox

__all__ = ["HEADER", "main", "pack_scalar", "unpack_scalar"]

HEADER: Final = struct.Struct("!I")
_ORPHAN_CHECK_SECONDS: Final = 5
# The multiple of its limit after which a call is killed; nearly all are stopped by the engine's own clock before.
_GRACE: Final = 1.4


def pack_scalar(value: Any) -> Any:
    """Return a scalar as plain JSON; NaN and the infinities become `{"n": "nan"}` and so on."""
    if type(value) is float and (value != value or value in (float("inf"), float("-inf"))):
        return {"n": repr(value)}
    return value


def unpack_scalar(value: Any) -> Any:
    """Return the scalar that `pack_scalar` wrote."""
    return float(value["n"]) if type(value) is dict else value


class _Server:
    """The current context of this process, which the parent can replace."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._handles: list[Any] = []

    def handle(self, operations: list[list[Any]]) -> list[Any] | None:
        """Execute the operations of a message; return the answer of the last one, or None."""
        answer: list[Any] | None = None
        try:
            for name, *arguments in operations:
                answer = self._execute(name, arguments)
        except JavaScriptError as error:
            sandbox = self._sandbox
            messages, spent, broken = "[]", 0.0, True
            if sandbox is not None:
                messages, spent, broken = sandbox.drain(), sandbox.spent, sandbox.broken
                sandbox.spent = 0.0
            kind = error.kind if isinstance(error, JavaScriptLimitError) else None
            return [False, kind, error.message, error.name, messages, spent, broken]
        return answer

    def _execute(self, name: str, arguments: list[Any]) -> list[Any] | None:
        if name == "ping":
            return [True, None, "[]", 0.0]
        if name == "new":
            seconds, memory_bytes, stack_bytes = arguments
            self._sandbox = Sandbox(Limits(seconds, memory_bytes, stack_bytes))
            self._handles = []
            return None
        sandbox = self._sandbox
        assert sandbox is not None  # the parent begins with `new`
        try:
            return self._apply(sandbox, name, arguments)
        except sandbox.errors as error:
            sandbox.fail(error)

    def _apply(self, sandbox: Sandbox, name: str, arguments: list[Any]) -> list[Any] | None:
        match name:
            case "call":
                number, mode, given, settle, mapping = arguments
                answer, later = sandbox.run(number, mode, self._given(given), settle, mapping)
                spent, sandbox.spent = sandbox.spent, 0.0
                return [True, pack_scalar(answer), later, spent]
            case "begin":
                self._handles.clear()
                sandbox.begin(*arguments)
            case "parse":
                self._handles.append(sandbox.parse_json(*arguments))
            case "event":
                sandbox.set_event(arguments[0], self._given(arguments[1]))
            case "collector":
                sandbox.set_collector(*arguments)
            case "consent":
                sandbox.set_consent(*arguments)
            case "mapping":
                sandbox.add_mapping(*arguments)
            case "register":
                sandbox.register(*arguments)
            case "memory":
                return [True, sandbox.memory_used(), "[]", 0.0]
        return None

    def _given(self, given: Any) -> Any:
        if type(given) is dict and "h" in given:
            return self._handles[given["h"]]
        return unpack_scalar(given)


def _receive(connection: socket.socket, parent: int) -> bytes | None:
    """Return the next message; None if the parent has closed its end or has exited."""
    expected = HEADER.size
    data = b""
    header = True
    while True:
        try:
            piece = connection.recv(max(expected - len(data), 65536) if header else expected - len(data))
        except BlockingIOError:
            # The receive timeout: another child of the parent may keep the other end open.
            if os.getppid() != parent:
                return None
            continue
        except OSError:
            return None
        if not piece:
            return None
        data += piece
        if header and len(data) >= HEADER.size:
            expected = HEADER.size + HEADER.unpack(data[: HEADER.size])[0]
            header = False
        if not header and len(data) >= expected:
            return data[HEADER.size :]


def main() -> None:
    """Serve the parent on file descriptor 0 until it closes its end; the arguments are its pid and the time limit."""
    parent, seconds = int(sys.argv[1]), float(sys.argv[2])
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # the parent decides when the worker exits, also after Ctrl-C
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    connection = socket.socket(fileno=0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _ORPHAN_CHECK_SECONDS, 0))
    server = _Server()
    while (message := _receive(connection, parent)) is not None:
        signal.setitimer(signal.ITIMER_PROF, _GRACE * seconds)
        answer = server.handle(orjson.loads(message))
        signal.setitimer(signal.ITIMER_PROF, 0)
        if answer is not None:
            body = orjson.dumps(answer)
            try:
                connection.sendall(HEADER.pack(len(body)) + body)
            except OSError:
                return
