"""`run` and `Popen` as those of `subprocess`, as forks of the server where that is possible."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import locale
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, cast

from tests.ctrl_c import hear_ctrl_c

__all__ = ["Popen", "run"]

_FOREIGN = ("shell", "pass_fds", "executable", "process_group")
_AT_START = ("PYTHON", "LC_", "LANG", "MALLOC", "LD_", "TEXTUAL", "HYPOTHESIS")
_LATER = ("PYTHONIOENCODING", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL


def Popen(command: Any, **options: Any) -> subprocess.Popen[Any]:
    """Start a command; the result has the methods of `subprocess.Popen`."""
    request = _request(command, options)
    if request is None:
        return subprocess.Popen(command, **options)
    return cast("subprocess.Popen[Any]", WarmProcess(command, request, options))


def run(command: Any, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a command to its end; returns `subprocess.CompletedProcess`."""
    given = dict(options)
    data, timeout, check = given.pop("input", None), given.pop("timeout", None), given.pop("check", False)
    if given.pop("capture_output", False):
        given["stdout"] = given["stderr"] = PIPE
    if data is not None:
        given["stdin"] = PIPE
    if _request(command, given) is None:
        return subprocess.run(command, **options)
    process = Popen(command, **given)
    try:
        out, err = process.communicate(data, timeout)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, err)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _request(command: Any, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return what to ask the server for, or None where only a new interpreter will do."""
    if os.environ.get("HUBSPOT_TESTS_COLD") or not hasattr(socket, "send_fds") or not hasattr(os, "fork"):
        return None
    if isinstance(command, str) or any(options.get(name) for name in _FOREIGN):
        return None
    if options.get("preexec_fn") not in (None, hear_ctrl_c):  # a fork hears Ctrl-C anyway
        return None
    words = [os.fspath(word) for word in command]
    dumping = words[1:3] == ["-X", "faulthandler"]
    if dumping:
        del words[1:3]
    if len(words) < 3 or words[0] != sys.executable or words[1] not in ("-m", "-c"):
        return None
    given = options.get("env")
    environment = dict(os.environ if given is None else given)
    for name in {*environment, *os.environ}:
        if (
            name.startswith(_AT_START)
            and name not in _LATER
            and environment.get(name) != os.environ.get(name)
        ):
            return None
    if environment.get("PYTHONIOENCODING") == "":
        return None
    return {
        "module": words[2] if words[1] == "-m" else "",
        "code": words[2] if words[1] == "-c" else "",
        "arguments": words[3:],
        "environment": environment,
        "folder": os.fspath(options.get("cwd") or Path.cwd()),
        "session": bool(options.get("start_new_session")),
        "faulthandler": dumping,
    }


@functools.cache
def _server() -> str:
    """Start the server of this process once; it ends with it. Returns its address."""
    folder = tempfile.mkdtemp(prefix="warm-")
    address = f"{folder}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm.server", address],
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    server.stdout.close()
    atexit.register(_stop, server, folder)
    return address


def _stop(server: subprocess.Popen[bytes], folder: str) -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


class WarmProcess:
    """A fork of the server; what it shares with `subprocess.Popen` behaves alike."""

    def __init__(self, command: Any, request: dict[str, Any], options: dict[str, Any]) -> None:
        self.args = command
        self.returncode: int | None = None
        text = any(options.get(name) for name in ("text", "universal_newlines", "encoding", "errors"))
        encoding = options.get("encoding") or locale.getpreferredencoding(do_setlocale=False)
        opened: list[int] = []
        mine: list[int | None] = []
        theirs: list[int] = []
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            single, other = _descriptor(options.get(name), number, theirs, opened)
            mine.append(single)
            theirs.append(other)
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_server())
        socket.send_fds(self._connection, [b" "], theirs)
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        for number in opened:
            os.close(number)
        self._answer = self._connection.makefile("rb")
        self.pid = int(self._answer.readline())
        self._lock = threading.Lock()
        files = [
            None if number is None else _file(number, writing=place == 0, text=text, encoding=encoding,
                                              errors=options.get("errors"), bufsize=options.get("bufsize", -1))
            for place, number in enumerate(mine)
        ]  # fmt: skip
        self.stdin, self.stdout, self.stderr = files
        self._text, self._encoding, self._errors = text, encoding, options.get("errors") or "strict"

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self.stdout, self.stderr, self.stdin):
            if file is not None:
                with contextlib.suppress(BrokenPipeError):
                    file.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code if there is one yet, also while another thread waits for it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; raises `subprocess.TimeoutExpired`."""
        if not self._lock.acquire(timeout=-1 if timeout is None else timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)  # another thread waits, so it has not ended
        try:
            if self.returncode is None:
                with selectors.DefaultSelector() as selector:
                    selector.register(self._connection, selectors.EVENT_READ)
                    if not selector.select(timeout):
                        assert timeout is not None
                        raise subprocess.TimeoutExpired(self.args, timeout)
                line = self._answer.readline()
                assert line, "the server of the warm processes has ended"
                self.returncode = int(line)
                self._answer.close()
                self._connection.close()
            return self.returncode
        finally:
            self._lock.release()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with contextlib.suppress(
                ProcessLookupError
            ):  # it may have ended since, as for `subprocess.Popen`
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:  # noqa: A002
        """Write and read to the end; raises `subprocess.TimeoutExpired`, after which it may be called again."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not hasattr(self, "_readers"):
            self._collected: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
            self._readers = [
                threading.Thread(target=self._collect, args=(place, file), daemon=True)
                for place, file in ((1, self.stdout), (2, self.stderr))
                if file is not None and not file.closed
            ]
            if self.stdin is not None and not self.stdin.closed:
                self._readers.append(threading.Thread(target=self._feed, args=(input,), daemon=True))
            for reader in self._readers:
                reader.start()
        for reader in self._readers:
            reader.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
            if reader.is_alive():
                assert timeout is not None
                raise subprocess.TimeoutExpired(self.args, timeout)
        self.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return (
            None if self.stdout is None else self._decoded(1),
            None if self.stderr is None else self._decoded(2),
        )

    def _decoded(self, place: int) -> Any:
        data = bytes(self._collected[place])
        if not self._text:
            return data
        return data.decode(self._encoding, self._errors).replace("\r\n", "\n").replace("\r", "\n")

    def _collect(self, place: int, file: Any) -> None:
        if isinstance(file, io.TextIOWrapper):
            rest = file.read()
            self._collected[place] += rest.encode(self._encoding, self._errors)
        else:
            self._collected[place] += file.read()
        file.close()

    def _feed(self, data: Any) -> None:
        assert self.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            if data:
                self.stdin.write(data)
            self.stdin.close()


def _descriptor(wish: Any, number: int, earlier: list[int], opened: list[int]) -> tuple[int | None, int]:
    """Return this side's descriptor, if any, and the other side's."""
    if wish is None:
        return None, number
    if wish == PIPE:
        reading, writing = os.pipe()
        mine, theirs = (writing, reading) if number == 0 else (reading, writing)
        opened.append(theirs)
        return mine, theirs
    if wish == DEVNULL:
        opened.append(os.open(os.devnull, os.O_RDWR))
        return None, opened[-1]
    if wish == STDOUT:
        return None, earlier[1]
    return None, wish if isinstance(wish, int) else wish.fileno()


def _file(
    number: int, *, writing: bool, text: bool, encoding: str, errors: str | None, bufsize: int
) -> IO[Any]:
    if text:
        return open(number, "w" if writing else "r", encoding=encoding, errors=errors)
    return open(number, "wb" if writing else "rb", buffering=bufsize)
