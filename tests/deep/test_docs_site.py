"""The documentation site in a real browser: no page scrolls sideways on a phone, nothing comes from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deep.browser import BROWSER, Tab, browser

ROOT = Path(__file__).parents[2]
PHONE, DESKTOP = 390, 1280
# The first words of each table that is wider than its place.
CUT_TABLES = """[...document.querySelectorAll(".md-typeset__scrollwrap")]
    .filter(place => place.scrollWidth > place.clientWidth)
    .map(place => place.innerText.slice(0, 60))"""

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(BROWSER is None, reason="needs chromium or chrome"),
    pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="needs `pip install --group docs`"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("site") / "html"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def pages_of(site: Path) -> list[Path]:
    return sorted(page for page in site.rglob("*.html") if page.name != "404.html")


def size_to(tab: Tab, width: int) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width == PHONE}
    tab.command("Emulation.setDeviceMetricsOverride", **size)


def test_no_page_scrolls_sideways_and_nothing_is_requested_from_elsewhere(site: Path, tmp_path: Path) -> None:
    pages = pages_of(site)
    assert len(pages) > 40
    wide = []
    with browser(tmp_path) as tab:
        for page in pages:
            for width in (PHONE, DESKTOP):
                size_to(tab, width)
                tab.go(page.as_uri())
                scrolled = tab.value("document.documentElement.scrollWidth")
                if scrolled > width:
                    wide.append(f"{page.relative_to(site)} is {scrolled} px wide at {width}")
                wide += [f"{page.relative_to(site)} at {width}: {table}" for table in tab.value(CUT_TABLES)]
        elsewhere = {address for address in tab.asked if not address.startswith(("file:", "data:", "about:"))}
    assert not wide
    assert not elsewhere
    assert not tab.complaints
