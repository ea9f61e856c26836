"""Every link, module, file and test that the documentation names exists."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.command_blocks import ROOT, pages

_LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.S | re.M)
_CODE = re.compile(r"`([^`\n]+)`")
_MODULE = re.compile(r"(?<![\w/])(?:hubspot_dest|simulator)(?:\.\w+)+")
_FOLDERS = ("hubspot_dest", "simulator", "tests", "docs", "examples", "scripts", "benchmarks", "cassettes")
_PATH = re.compile(rf"(?<![\w/])(?:{'|'.join(_FOLDERS)})/[\w./-]+")
_TEST = re.compile(r"(?<!\w)(?:[\w/]+\.py::)?(?P<name>test_\w+)(?!\w*\.)")
# Rules of the simulated HubSpot that look like modules, and a file that a reader makes.
NOT_OURS = {"simulator.store", "simulator.bug", "cassettes/visit.json"}
PAGES = [page for page in pages() if page.name != "changelog.md"]


def prose_of(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def code_of(page: Path) -> list[str]:
    return _CODE.findall(prose_of(page))


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    titles = re.findall(r"^#+ (.+)$", prose_of(page), re.M)
    plain = [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", title).replace("`", "") for title in titles]
    return frozenset(re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-") for title in plain)


@cache
def names_of_tests() -> frozenset[str]:
    found = set()
    for file in (ROOT / "tests").rglob("*.py"):
        found.add(file.stem)
        found.update(re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8")))
    return frozenset(found)


def resolves(dotted: str) -> bool:
    """Return whether a dotted name is a module, or something in one."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for name in parts[count:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


def exists(path: str) -> bool:
    """Return whether a path exists; one with a placeholder (`commands/NAME.py`) if its folder does."""
    return (ROOT / path.rstrip(".").partition("NAME")[0]).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    missing = []
    for link in _LINK.finditer(prose_of(page)):
        target = (page.parent / link["target"]).resolve() if link["target"] else page
        known = target.suffix != ".md" or not link["anchor"] or link["anchor"] in anchors_of(target)
        if not target.exists() or not known:
            missing.append(link[0])
    for code in code_of(page):
        missing += [name for name in _MODULE.findall(code) if "/" not in code and not resolves(name)]
        missing += [path for path in _PATH.findall(code) if not exists(path)]
        missing += [match["name"] for match in _TEST.finditer(code) if match["name"] not in names_of_tests()]
    assert not set(missing) - NOT_OURS
