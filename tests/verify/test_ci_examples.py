"""The GitHub Actions workflow and the GitLab job of the documentation: of the right form, and their commands run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from hubspot_dest.cli.commands.definitions import command as definitions
from tests import warm

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SCHEMAS = files("check_jsonschema") / "builtin_schemas" / "vendor"


def document(name: str) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((DOCS / "examples" / name).read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in loaded.items()}  # YAML 1.1 reads on as true


def commands(name: str) -> list[str]:
    """Return the commands of the one job, without those that install."""
    if name == "verify-github.yml":
        every = [step["run"] for step in document(name)["jobs"]["verify"]["steps"] if "run" in step]
    else:
        every = document(name)["hubspot"]["script"]
    assert every[0] == "pip install 'hubspot-dest[verify]'"
    return every[1:]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a folder as the workflows expect it: the flow, its events, and the account that has what they need."""
    for name in ("flow.json", "events.jsonl"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    call = ["plan", str(tmp_path / "flow.json"), str(tmp_path / "events.jsonl")]
    done = CliRunner().invoke(definitions, [*call, "-o", str(tmp_path / "account.json")])
    assert done.exit_code == 0, done.output
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GITHUB_ACTIONS": "true"}
    return warm.run(
        ["sh", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "schema"),
    [("verify-github.yml", "github-workflows.json"), ("verify-gitlab.yml", "gitlab-ci.json")],
)
def test_the_files_are_what_the_service_reads(name: str, schema: str) -> None:
    content = json.loads((SCHEMAS / schema).read_text("utf-8"))
    jsonschema.validators.validator_for(content)(content).validate(document(name))


@pytest.mark.parametrize("name", ["verify-github.yml", "verify-gitlab.yml"])
def test_the_commands_pass_a_good_change_and_stop_a_bad_one(repository: Path, name: str) -> None:
    for command in commands(name):
        done = run(command, repository)
        assert done.returncode == 0, done.stdout + done.stderr
    flow = repository / "flow.json"
    flow.write_text(flow.read_text("utf-8").replace('"purchase",', '"Purchase!",', 1), "utf-8")
    done = run(commands(name)[0], repository)
    assert done.returncode == 1
    assert "NO-GO" in done.stdout
    if name == "verify-github.yml":
        assert "::error file=flow.json,line=" in done.stdout
        assert json.loads((repository / "hubspot.sarif").read_text("utf-8"))["runs"][0]["results"]
    else:
        suite = ElementTree.fromstring((repository / "hubspot.xml").read_text("utf-8"))
        assert int(suite.attrib["failures"]) >= 1


def test_what_a_step_uploads_is_what_the_command_writes() -> None:
    steps = document("verify-github.yml")["jobs"]["verify"]["steps"]
    assert steps[-1]["with"]["sarif_file"] in commands("verify-github.yml")[0].split()
    report = document("verify-gitlab.yml")["hubspot"]["artifacts"]["reports"]["junit"]
    assert report in commands("verify-gitlab.yml")[0].split()
