"""The worker process: it runs the functions that may have to be ended by force.

Nothing can interrupt one built-in from within, and nothing in the same process can end it. The kernel can: before a
message is handled, a timer over the processor time of this process is set whose signal ends it. So the worker keeps
its limit alone, whatever happens to its parent; idle, it ends when the parent's end of the socket is closed.

A message is a list of operations (remote.py writes them); only `ping`, `call` and `memory` are answered.
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
# How much of its limit a call may use before it is ended by force: nearly all are stopped by the engine's own clock.
_GRACE: Final = 1.4


def pack_scalar(value: Any) -> Any:
    """Return a scalar as plain JSON: NaN and infinities are `{"n": spelled}`."""
    if type(value) is float and (value != value or value in (float("inf"), float("-inf"))):
        return {"n": repr(value)}
    return value


def unpack_scalar(value: Any) -> Any:
    """Return the scalar that `pack_scalar` wrote."""
    return float(value["n"]) if type(value) is dict else value


class _Server:
    """The contexts of this process: one at a time, replaced when the parent asks for it."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._handles: list[Any] = []

    def handle(self, operations: list[list[Any]]) -> list[Any] | None:
        """Carry out one message and return the answer, where it has one."""
        answer: list[Any] | None = None
        try:
            for name, *arguments in operations:
                answer = self._carry_out(name, arguments)
        except JavaScriptError as error:
            sandbox = self._sandbox
            said, spent, broken = "[]", 0.0, True
            if sandbox is not None:
                said, spent, broken = sandbox.drain(), sandbox.spent, sandbox.broken
                sandbox.spent = 0.0
            kind = error.kind if isinstance(error, JavaScriptLimitError) else None
            return [False, kind, error.message, error.name, said, spent, broken]
        return answer

    def _carry_out(self, name: str, arguments: list[Any]) -> list[Any] | None:
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
    """Return the next message; None where the parent has closed its end, or is gone."""
    wanted = HEADER.size
    data = b""
    header = True
    while True:
        try:
            piece = connection.recv(max(wanted - len(data), 65536) if header else wanted - len(data))
        except (
            BlockingIOError
        ):  # the receive timeout: a forked relative of the parent may keep the other end open
            if os.getppid() != parent:
                return None
            continue
        except OSError:
            return None
        if not piece:
            return None
        data += piece
        if header and len(data) >= HEADER.size:
            wanted = HEADER.size + HEADER.unpack(data[: HEADER.size])[0]
            header = False
        if not header and len(data) >= wanted:
            return data[HEADER.size :]


def main() -> None:
    """Serve the parent until it closes its end: `worker FD PARENT SECONDS`."""
    parent, seconds = int(sys.argv[1]), float(sys.argv[2])
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # the parent decides when it ends, also after Ctrl-C
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
