"""The pytest plugin in a project of a user's: found by itself, parallel, cheap, with failures that say why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import warm

PROJECT = Path(__file__).parents[2] / "examples" / "pytest_project"


def pytest_in(folder: Path, *arguments: str, alone: bool = False) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project of a user's; `alone` without the other plugins that happen to be installed here."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        "-c",
        "/dev/null",
    ]
    if alone:
        command += ["-p", "simulator.pytest_plugin"]
    return warm.run(
        [*command, *arguments, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if alone else None,
        check=False,
        cwd=folder,
    )


def test_the_example_project_works_wherever_it_is_copied(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    done = pytest_in(copy, alone=True)
    assert done.returncode == 0, done.stdout


def test_the_example_project_is_green_alone_and_in_parallel() -> None:
    done = pytest_in(PROJECT)
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    done = pytest_in(PROJECT, "-p", "xdist", "-n", "2", alone=True)
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_a_failure_says_what_hubspot_has_and_why_it_refused(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        """
import pytest

@pytest.fixture
def hubspot_account_options():
    return {"portal_id": 12345678}

def test_contact(fake_hubspot):
    fake_hubspot.seed(contacts=[{"email": "bob@example.org"}])
    fake_hubspot.contact("ada@example.org")

def test_refused(fake_hubspot, hubspot_destination):
    hubspot_destination.push({"name": "page view", "user": {"email": "ada@example.org"}})
    fake_hubspot.assert_nothing_refused()
""",
        encoding="utf-8",
    )
    done = pytest_in(tmp_path)
    assert "2 failed" in done.stdout
    assert "HubSpot has no contact ada@example.org; it has bob@example.org" in done.stdout
    assert "pe12345678_page_view does not exist" in done.stdout
    assert "pat-na1" not in done.stdout


def test_a_run_that_does_not_use_it_imports_nothing_heavy() -> None:
    program = (
        "import sys, simulator.pytest_plugin\n"
        "heavy = {'uvicorn', 'starlette', 'hubspot', 'msgspec', 'pydantic', 'textual', 'faker', 'vcr'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_run_that_does_not_use_it_pays_less_than_150_ms(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")

    def seconds(*arguments: str) -> float:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            "/dev/null",
            *arguments,
        ]
        env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        before = os.times()
        subprocess.run(
            [*command, "test_it.py"], cwd=tmp_path, env=env, capture_output=True, check=True, timeout=60
        )
        after = os.times()
        # CPU of the child, not the clock on the wall: other tests run beside it.
        return after.children_user + after.children_system - before.children_user - before.children_system

    pairs = [(seconds(), seconds("-p", "simulator.pytest_plugin")) for _ in range(3)]
    without, with_it = (min(pair[side] for pair in pairs) for side in (0, 1))
    print(f"the plugin adds {(with_it - without) * 1000:.0f} ms")  # noqa: T201 - the figure is the point
    assert with_it - without < 0.15


def test_an_account_file_makes_the_account_strict_and_the_findings_know_it(tmp_path: Path) -> None:
    (tmp_path / "account.json").write_text(
        '{"version": 1, "portalId": 55, "eventDefinitions": [{"name": "page_view"}], "contactProperties": []}',
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nhubspot_account = account.json\n", encoding="utf-8")
    (tmp_path / "test_it.py").write_text(
        """
import pytest

@pytest.fixture
def hubspot_config():
    return {"settings": {"eventNamePrefix": "pe55_"}}

def test_it(hubspot_destination, fake_hubspot):
    user = {"email": "ada@example.org"}
    defined = hubspot_destination.push({"name": "page view", "user": user})
    assert (defined.kind, defined.findings) == ("sent", ())
    undefined = hubspot_destination.push({"name": "order complete", "user": user})
    assert undefined.kind == "failed"
    assert [one.code for one in undefined.findings] == ["event_undefined"]
""",
        encoding="utf-8",
    )
    by_ini = pytest_in(tmp_path, "-c", str(tmp_path / "pytest.ini"))
    assert "1 passed" in by_ini.stdout, by_ini.stdout + by_ini.stderr
    assert "1 passed" in pytest_in(tmp_path, "--hubspot-account", "account.json").stdout
    assert "1 failed" in pytest_in(tmp_path).stdout  # without the file every name is made at first sight
    broken = pytest_in(tmp_path, "--hubspot-account", "test_it.py")
    assert "test_it.py, line" in broken.stdout + broken.stderr
