"""What must not be loaded, imported or said: the house's own rules, proved in fresh processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.report.safe_text import safe_text

ROOT = Path(__file__).parent.parent
HEAVY = {
    "pydantic",
    "hubspot",
    "urllib3",
    "yaml",
    "_quickjs",
    "quickjs",
    "orjson",
    "textual",
    "faker",
    "vcr",
    "uvicorn",
    "starlette",
}


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(' '.join(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["hubspot_dest.cli.main", "simulator.cli", "hubspot_dest", "simulator", "simulator.hubspot"]
)
def test_help_waits_for_nothing_heavy(module: str) -> None:
    assert not loaded_after(f"import {module}") & HEAVY


def modules_after(program: str, arguments: list[str]) -> set[str]:
    """Return the full names of the modules that a command has loaded when it ends."""
    script = (
        f"import sys\nsys.argv = {[program, *arguments]!r}\nfrom {program} import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint('\\nLOADED', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    return set(done.stdout.splitlines()[-1].split())


NETWORK = {"hubspot", "urllib3", "requests", "uvicorn", "starlette", "uvloop", "multiprocessing"}
SCREEN = {"textual", "rich", "jinja2", "faker", "vcr"}


def test_a_preview_starts_without_what_it_does_not_use() -> None:
    unused = {"pydantic", "hubspot_dest.coverage.coverage", "hubspot_dest.contracts.checker", "jsonschema"}
    unused |= {"hubspot_dest.cli.runs.send", "hubspot_dest.delivery.outbox.queue", "asyncio"}
    loaded = modules_after(
        "hubspot_dest.cli.main", ["preview", "examples/shop.yaml", "examples/events.jsonl"]
    )
    assert "hubspot_dest.planning.planner" in loaded
    assert not loaded & (NETWORK | SCREEN | unused)


def test_the_check_of_the_examples_starts_without_what_it_does_not_use() -> None:
    unused = {"pydantic", "starlette", "uvloop", "yaml", "urllib.request", "simulator.examples.flow_examples"}
    loaded = modules_after("simulator.cli", ["check"])
    assert "hubspot" in loaded
    assert not loaded & (SCREEN | unused)


def test_the_first_frame_comes_before_the_server_and_the_people() -> None:
    """The terminal is drawn when the engine is started; what only the engine needs is loaded after that."""
    script = (
        "import os, sys\nimport simulator.commands.runs.tui as run\nimport simulator.tui.shutdown as shutdown\n"
        "def start(engine):\n    print('\\nLOADED', *sys.modules, flush=True)\n    os._exit(0)\n"
        "run.need_terminal = lambda source: None\nrun.Engine.start = start\n"
        "shutdown.run_app = lambda app: app.run(headless=True)\n"
        "sys.argv = ['hubspot-sim', 'tui']\nfrom simulator.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "textual" in loaded
    assert not loaded & (NETWORK | {"faker", "pydantic", "jinja2", "vcr"})


def test_the_sender_works_without_the_simulator() -> None:
    names = "('simulator', 'starlette', 'uvicorn', 'msgspec', 'textual', 'faker', 'vcr')"
    block = f"import sys\nfor name in {names}: sys.modules[name] = None\n"
    assert "hubspot_dest" in loaded_after(f"{block}from hubspot_dest import HubSpotDestination")


def test_without_its_packages_the_simulator_says_how_to_get_them() -> None:
    script = (
        "import importlib.util, sys\nfind = importlib.util.find_spec\n"
        "gone = ('starlette', 'uvicorn', 'msgspec')\n"
        "importlib.util.find_spec = lambda name, *a: None if name in gone else find(name, *a)\n"
        "sys.argv = ['hubspot-sim', 'check']\nfrom simulator.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "pip install 'hubspot-dest[simulator]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_module_reaches_where_it_must_not() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


def test_the_root_of_the_sender_stays_readable_at_a_glance() -> None:
    assert len(list((ROOT / "hubspot_dest").glob("*.py"))) <= 8


@given(st.text())
def test_nothing_that_a_terminal_obeys_survives(text: str) -> None:
    assert safe_text(text).isprintable()


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_long_text_is_cut_and_says_so() -> None:
    assert safe_text("x" * 50, limit=10) == "x" * 9 + "…"
