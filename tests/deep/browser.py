"""A real headless browser, spoken to through its DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

__all__ = ["BROWSER", "Tab", "browser"]

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class NavigatedError(Exception):
    """The page went away while it was asked something."""


class Tab:
    """One page in the browser.

    Attributes:
        asked: every address that the page asked for.
        complaints: what stood on its console as an error or warning, and what it refused to do.

    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command and wait for what it says."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=30))
            if message.get("id") == number:
                if "navigated" in message.get("error", {}).get("message", ""):
                    raise NavigatedError(message["error"])
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        said = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.asked.append(said["request"]["url"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif message.get("method") == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(said["entry"]["text"])
        elif message.get("method") == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning"):
            self.complaints.append(str(said["args"]))

    def go(self, address: str) -> None:
        """Open an address and wait until it is there."""
        self.command("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression is in the page."""
        done = self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        return done["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + 20
        while not self._is_true(condition):
            assert time.monotonic() < end, f"never true: {condition}\n{self.value('document.body.innerText')}"
            time.sleep(0.02)

    def _is_true(self, condition: str) -> bool:
        try:
            return bool(self.value(condition))
        except NavigatedError:
            return False

    def click(self, selector: str, place: int = 0) -> None:
        """Click what a selector finds; where it is a link, the page may be gone at once."""
        with contextlib.suppress(NavigatedError):
            self.value(f"document.querySelectorAll({json.dumps(selector)})[{place}].click()")

    def press(self, key: str) -> None:
        """Press a key that writes a character, as a keyboard does: whatever has the focus gets it."""
        self.command("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, file: Path, *, width: int = 1280, height: int = 900) -> None:
        """Take a picture of the page."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        taken = self.command("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(taken["data"]))


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """Run a browser with one tab; its profile lies in `folder`."""
    assert BROWSER is not None
    process = subprocess.Popen(
        [
            BROWSER,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port(folder / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=20) as answer:
            page = next(load for load in json.loads(answer.read()) if load["type"] == "page")
        with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Tab(socket)
    finally:
        process.kill()
        process.wait(20)


def _port(file: Path) -> int:
    end = time.monotonic() + 60
    while not (file.exists() and file.read_text(encoding="ascii").strip()):
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.05)
    return int(file.read_text(encoding="ascii").split()[0])
