"""A client for a context in a worker process.

The operations that prepare a call are collected and sent with it, so that a call is one message and one answer: about
20 µs more than a call in this process (docs/performance.md).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import weakref
from typing import Any, Final, NoReturn

import orjson

from hubspot_dest.mapping.javascript.errors import JavaScriptError, JavaScriptLimitError, WorkerLostError
from hubspot_dest.mapping.javascript.limits import Limits
from hubspot_dest.mapping.javascript.worker import HEADER, pack_scalar, unpack_scalar

__all__ = ["RemoteSandbox", "WorkerProcess", "workers_available"]

_BOOT: Final = (
    "import sys; sys.path[:] = sys.argv.pop().split(chr(10)); "
    "from hubspot_dest.mapping.javascript.worker import main; main()"
)
# A worker is killed by a timer on its own processor time; the parent waits this long only if it is stopped or starved.
_ANSWER_TIMEOUT_SECONDS: Final = 60.0
_NO_SIGNAL: Final = getattr(socket, "MSG_NOSIGNAL", 0)
_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def workers_available() -> bool:
    """Return whether this platform can kill a process when it exceeds a processor time."""
    frozen = getattr(sys, "frozen", False)  # its executable is the application, not an interpreter
    return hasattr(signal, "setitimer") and bool(sys.executable) and not frozen


class WorkerProcess:
    """A worker process, which belongs to the process and the thread that started it.

    It never outlives its parent: the socket closes, and the worker exits, when this object is collected, when the
    interpreter exits and when the parent is killed.

    Args:
        limits: the engine's limits.

    Raises:
        OSError: the process cannot be started.

    """

    def __init__(self, limits: Limits) -> None:
        paths = "\n".join(map(os.path.abspath, sys.path))
        command = [sys.executable, "-I", "-S", "-c", _BOOT, str(os.getpid()), repr(limits.seconds), paths]
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603 - this interpreter, with a text of our own
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                    process_group=0,  # Ctrl-C in a terminal goes to the whole group of the parent
                )
            except BaseException:
                ours.close()
                raise
        ours.settimeout(_ANSWER_TIMEOUT_SECONDS)
        self._socket = ours
        self._process = process
        self._timed_out = False
        self._owner = os.getpid()
        self._finalizer = weakref.finalize(self, _end, process, ours, self._owner)
        if self.ask([["ping"]]) is None:
            raise ChildProcessError(f"it ended at once (code {process.returncode})")

    @property
    def alive(self) -> bool:
        """Whether the worker is running and was started by this process."""
        return self._finalizer.alive and self._owner == os.getpid()

    def ask(self, operations: list[list[Any]]) -> list[Any] | None:
        """Send operations and return the answer; None if the worker exited without one."""
        body = orjson.dumps(operations)
        try:
            self._socket.sendall(HEADER.pack(len(body)) + body, _NO_SIGNAL)
            answer = self._receive()
        except TimeoutError:
            self._timed_out = True
            answer = None
        except OSError:
            answer = None
        except BaseException:  # Ctrl-C: an unread answer would be read as that of the next call
            self.end()
            raise
        if answer is None:
            self.end()
            return None
        result: list[Any] = orjson.loads(answer)
        return result

    def _receive(self) -> bytes | None:
        data = self._socket.recv(65536)
        while 0 < len(data) < HEADER.size:
            data += self._socket.recv(65536)
        if not data:
            return None
        missing = HEADER.size + HEADER.unpack(data[: HEADER.size])[0] - len(data)
        pieces = [data[HEADER.size :]]
        while missing > 0:
            piece = self._socket.recv(missing)
            if not piece:
                return None
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def loss(self, limits: Limits) -> JavaScriptLimitError:
        """Return the error for a call without an answer."""
        if self._timed_out or self._process.returncode == -signal.SIGPROF:
            message = f"the function took longer than {limits.seconds:g} seconds and was ended by force"
            return JavaScriptLimitError("time", message)
        return WorkerLostError(self._process.returncode)

    def end(self) -> None:
        """Kill the worker."""
        self._finalizer()


def _end(process: subprocess.Popen[bytes], connection: socket.socket, owner: int) -> None:
    connection.close()
    if owner != os.getpid():  # a forked child: the worker is its parent's
        process.returncode = 0
        return
    if process.poll() is None:
        process.kill()
        process.wait()


class RemoteSandbox:
    """A context in a worker process, with the interface of `Sandbox`.

    Args:
        worker: the process of the context.
        limits: the engine's limits.

    """

    errors: tuple[type[BaseException], ...] = ()

    def __init__(self, worker: WorkerProcess, limits: Limits) -> None:
        self._worker = worker
        self._limits = limits
        self._log = "[]"
        self._functions = self._mappings = self._handles = 0
        self._waiting: list[list[Any]] = [["new", limits.seconds, limits.memory_bytes, limits.stack_bytes]]
        self._broken = False
        self.busy = False
        self.calls = 0
        self.spent = 0.0

    @property
    def broken(self) -> bool:
        """Whether a limit was hit, the worker has exited, or this is a forked child."""
        return self._broken or not self._worker.alive

    @broken.setter
    def broken(self, broken: bool) -> None:
        self._broken = broken

    def register(self, source: str) -> int:
        """Evaluate the expression, which must be a function, and return its number in this context."""
        self._waiting.append(["register", source])
        self._functions += 1
        return self._functions - 1

    def parse_json(self, text: str) -> dict[str, int]:
        """Return a handle to the value of a JSON text; it is valid for this plan."""
        self._waiting.append(["parse", text])
        self._handles += 1
        return {"h": self._handles - 1}

    def begin(self, now_ms: float | None, /) -> None:
        """Begin a plan whose time is `now_ms`."""
        self._handles = 0
        self._waiting.append(["begin", now_ms])

    def set_event(self, mode: int, given: Any, /) -> None:
        """Set the plan's event."""
        self._waiting.append(["event", mode, pack_scalar(given)])

    def set_collector(self, text: str, /) -> None:
        """Set the collector's state."""
        self._waiting.append(["collector", text])

    def set_consent(self, text: str | None, /) -> None:
        """Set the effective consent."""
        self._waiting.append(["consent", text])

    def add_mapping(self, text: str, /) -> int:
        """Add a mapping and return its number."""
        self._waiting.append(["mapping", text])
        self._mappings += 1
        return self._mappings - 1

    def run(self, number: int, mode: int, given: Any, settle: bool, mapping: int) -> tuple[Any, str]:
        """Call a function; return its answer in the format of host.js, and the later log messages as JSON.

        Raises:
            JavaScriptError: the engine ended the call; `drain` returns the log messages up to then.

        """
        operations, self._waiting = self._waiting, []
        operations.append(["call", number, mode, pack_scalar(given), settle, mapping])
        answer = self._worker.ask(operations)
        if answer is None:
            self._log = "[]"
            self._broken = True
            raise self._worker.loss(self._limits)
        if answer[0]:
            self.spent = answer[3]
            return unpack_scalar(answer[1]), answer[2]
        _, kind, message, name, self._log, self.spent, self._broken = answer
        if kind is not None:
            raise JavaScriptLimitError(kind, message, name)
        raise JavaScriptError(name, message)

    def drain(self) -> str:
        """Return the log messages before the last call failed, as JSON."""
        messages, self._log = self._log, "[]"
        return messages

    def fail(self, error: BaseException) -> NoReturn:
        """Raise the error unchanged: the worker has translated it already."""
        raise error

    def misplaced(self) -> bool:
        """Return False: the worker has its own stack."""
        return False

    def memory_used(self) -> int:
        """Return the memory that the context has allocated, in bytes."""
        operations, self._waiting = self._waiting, []
        answer = self._worker.ask([*operations, ["memory"]])
        if answer is None or not answer[0]:
            self._broken = True
            return 0
        return int(answer[1])
