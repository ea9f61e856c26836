"""The report in a real browser: axe-core finds nothing, the console is silent, nothing is asked for from elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import EXAMPLES
from tests.deep.browser import BROWSER, Tab, browser

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(BROWSER is None, reason="needs chromium or chrome"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm"),
]
AXE = "axe-core@4.10.3"
HOSTILE = {
    "name": "page view",
    "data": {"title": "<script>document.title='run'</script>", "url": "x" * 1_000_000},
    "user": {"email": "ada@example.org"},
    "consent": {"marketing": True},
}


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the source of axe-core."""
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), AXE], check=True, timeout=300)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def violations(tab: Tab, axe: str) -> list[Any]:
    tab.value(axe)
    tab.command(
        "Runtime.evaluate",
        expression="axe.run().then(found => { window.found = found })",
        awaitPromise=True,
    )
    found = tab.value(
        "JSON.stringify(found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
    )
    return list(json.loads(found))


def size_to(tab: Tab, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    tab.command("Emulation.setDeviceMetricsOverride", **size)


@pytest.mark.parametrize("command", ["preview", "verify", "run"])
def test_nobody_is_shut_out_of_the_report(tmp_path: Path, axe: str, command: str) -> None:
    page = tmp_path / "report.html"
    events = tmp_path / "events.jsonl"
    shop = (EXAMPLES / "events.jsonl").read_text(encoding="utf-8")
    events.write_text(shop + json.dumps(HOSTILE) + "\n", encoding="utf-8")
    config = str(EXAMPLES / "shop.yaml")
    program = "simulator" if command == "run" else "hubspot_dest"
    arguments = [command, config, str(events), "--report", str(page)]
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments], capture_output=True, text=True, check=False
    )
    assert page.exists(), done.stderr
    with browser(tmp_path / "profile") as tab:
        for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark")):
            tab.command(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
            )
            size_to(tab, width)
            tab.go(page.as_uri())
            assert violations(tab, axe) == []
            assert tab.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert tab.value("document.title") != "run"
        if command != "run":
            fold = "document.getElementById('{}').getBoundingClientRect().top + scrollY"
            size_to(tab, 1280)
            assert tab.value(fold.format("problems")) < 900
            assert tab.value(fold.format("definitions")) < 900
        assert tab.complaints == []
        assert {text for text in tab.asked if not text.startswith("file:")} == set()
