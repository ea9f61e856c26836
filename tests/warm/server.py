"""The server that forks: it imports both packages once and then turns into one command after another.

A client sends the three standard descriptors and a JSON document over a Unix socket; it gets back the process id, and
the exit status when the process has ended. The server has one thread and ends when its standard input closes.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
import types
from typing import Any, Final, NoReturn

__all__ = ["serve"]

_PACKAGES: Final = ("hubspot_dest", "simulator")
# What acts at its import, reads the environment then, or is imported by few commands only.
_NOT_IMPORTED: Final = ("__main__", ".tui", ".pytest_plugin", ".worker", ".page")
# What the packages import inside of functions, so that `--help` waits for nothing.
_LATE: Final = (
    "hubspot.discovery.crm.contacts.discovery",
    "hubspot.discovery.events.send.discovery",
    "hubspot.crm.contacts",
    "hubspot.events.send",
    "hubspot.utils.objects",
    "pytest",
    "quickjs",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.http.auto",
    "uvloop",
    "yaml",
)


def serve(address: str) -> None:
    """Fork a process for each request until standard input closes."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    _import_all()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests' own Ctrl-C ends the tests, which end the server
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    waiting: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for source in (0, reading, listener):
            selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj == 0:
                    return
                if key.fileobj == reading:
                    with contextlib.suppress(BlockingIOError):
                        os.read(reading, 4096)
                    _report_ended(waiting)
                    continue
                connection, _ = listener.accept()
                request, descriptors = _receive(connection)
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    os.close(reading)
                    os.close(writing)
                    selector.close()
                    for other in (listener, connection, *waiting.values()):
                        other.close()
                    _become(request, descriptors)
                for descriptor in descriptors:
                    os.close(descriptor)
                with contextlib.suppress(OSError):
                    connection.sendall(f"{pid}\n".encode())
                waiting[pid] = connection


def _import_all() -> None:
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, name + ".", onerror=lambda _: None):
            if not any(part in module.name for part in _NOT_IMPORTED):
                importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    importlib.import_module("faker").Faker("en_US")  # its providers come with the first object
    gc.collect()
    gc.freeze()


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(1 << 16)
    return json.loads(data), descriptors


def _report_ended(waiting: dict[int, socket.socket]) -> None:
    while waiting:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with waiting.pop(pid) as connection, contextlib.suppress(OSError):
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


# ---- in the new process


def _become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Be the command as if the interpreter had just started, and never return."""
    code = 70
    try:
        _enter(request, descriptors)
        code = _execute(request)
        code = _end(code)
    finally:
        os._exit(code)


def _enter(request: dict[str, Any], descriptors: list[int]) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    if request["session"]:
        os.setsid()
    if request["faulthandler"]:
        faulthandler.enable(2)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    encoding = encoding or "utf-8"
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = open(0, encoding=encoding, errors=errors or "strict", closefd=False)  # noqa: SIM115
    sys.stdout = _output(1, encoding, errors or "strict", unbuffered=unbuffered)
    sys.stderr = _output(2, encoding, "backslashreplace", unbuffered=unbuffered)
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, f"__{name}__", getattr(sys, name))
    sys.path[0] = request["folder"] if request["module"] else ""


def _output(number: int, encoding: str, errors: str, *, unbuffered: bool) -> io.TextIOWrapper:
    raw = io.FileIO(number, "wb", closefd=False)
    terminal = raw.isatty()
    return io.TextIOWrapper(
        raw if unbuffered else io.BufferedWriter(raw),
        encoding=encoding,
        errors=errors,
        line_buffering=terminal or number == 2,
        write_through=unbuffered,
    )


def _execute(request: dict[str, Any]) -> int:
    try:
        if request["module"]:
            sys.argv = ["-m", *request["arguments"]]
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        else:
            sys.argv = ["-c", *request["arguments"]]
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile(request["code"], "<string>", "exec"), main.__dict__)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        sys.stderr.write(f"{end.code}\n")
        return 1
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        return 130
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _end(code: int) -> int:
    """End as the interpreter does: its threads, then what asked to be called, then the buffers."""
    import atexit

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        code = 120
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve(sys.argv[1])
