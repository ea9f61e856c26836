"""The walk of a new user: a fresh copy in an empty folder, and the two commands of the README."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.deep

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new-user") / "hubspot-dest"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def make(checkout: Path, target: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    command = ["make", f"PYTHON={sys.base_prefix}/bin/python3", target]
    return subprocess.run(
        command,
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env={**clean, "PIP_NO_CACHE_DIR": "1"},
    )


def test_make_demo_sets_everything_up_and_shows_eight_passing_examples(checkout: Path) -> None:
    done = make(checkout, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 of 8 documented examples pass" in done.stdout


def test_the_sender_installs_without_the_simulator(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [
        str(environment / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "-c",
        str(ROOT / "constraints.txt"),
    ]
    subprocess.run([*pip, str(ROOT)], check=True, timeout=600)
    command = [
        str(environment / "bin" / "hubspot-dest"),
        "preview",
        "examples/shop.yaml",
        "examples/events.jsonl",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    missing = subprocess.run(
        [str(environment / "bin" / "hubspot-sim"), "check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert missing.returncode == 2
    assert "hubspot-dest[simulator]" in missing.stderr


def test_the_source_distribution_installs_and_tests_a_project_elsewhere(tmp_path: Path) -> None:
    built = tmp_path / "dist"
    subprocess.run([sys.executable, "-m", "build", "--sdist", "--outdir", str(built), str(ROOT)], check=True)
    [archive] = built.glob("*.tar.gz")
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = str(environment / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*install, f"{archive}[simulator]", "pytest", "hypothesis"], check=True, timeout=900)
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "pytest_project", project)
    done = subprocess.run(
        [python, "-m", "pytest", "-q"], cwd=project, capture_output=True, text=True, timeout=300, check=False
    )
    assert "6 passed" in done.stdout, done.stdout + done.stderr
