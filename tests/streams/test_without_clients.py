"""Without a broker, no client has to be installed: the base install, `--help` and the simulator need none."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hubspot_dest.streams
from tests.streams.cli import write_config

ROOT = Path(__file__).parents[2]
# An interpreter in which the clients cannot be imported or found.
WITHOUT = """
import importlib.abc, importlib.util, sys
class Without(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('confluent_kafka', 'redis'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Without())
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name in ('confluent_kafka', 'redis') else find(name, package)
)
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_clients_of_brokers_are_extras_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [need for need in project["dependencies"] if need.startswith(("confluent", "redis"))]
    extras = project["optional-dependencies"]
    assert any(need.startswith("confluent-kafka") for need in extras["kafka"])
    assert any(need.startswith("redis") for need in extras["redis"])
    for name, needs in extras.items():
        if name not in ("kafka", "redis", "all"):
            assert not [need for need in needs if need.startswith(("confluent", "redis"))], name


def test_every_module_and_every_help_loads_without_them() -> None:
    modules = [
        f"hubspot_dest.streams.{module.name}"
        for module in pkgutil.iter_modules(hubspot_dest.streams.__path__)
    ]
    done = run(
        f"""
import importlib
for name in {modules!r} + ['hubspot_dest', 'hubspot_dest.cli.main', 'simulator', 'simulator.cli']:
    importlib.import_module(name)
from hubspot_dest.cli.main import _group
for words in (['--help'], *([name, '--help'] for name in ('work', 'outbox', 'doctor', 'verify', 'listen', 'send'))):
    try:
        _group.main(words, prog_name='hubspot-dest', standalone_mode=False)
    except SystemExit as end:
        assert not end.code, words
"""
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: hubspot-dest work" in done.stdout


def test_help_loads_nothing_of_the_workers() -> None:
    done = run(
        """
from hubspot_dest.cli.main import _group
try:
    _group.main(['--help'], prog_name='hubspot-dest', standalone_mode=False)
except SystemExit:
    pass
import json
print(json.dumps([name for name in sys.modules if name.startswith('hubspot_dest.streams')]))
"""
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize(
    ("source", "extra"),
    [("kafka://h/t?group=g", "hubspot-dest[kafka]"), ("redis://h/0?stream=s&group=g", "hubspot-dest[redis]")],
)
def test_a_source_whose_client_is_missing_names_the_extra(tmp_path: Path, source: str, extra: str) -> None:
    done = run(
        """
from hubspot_dest.cli.main import _group
_group.main(sys.argv[1:], prog_name='hubspot-dest')
""",
        *("work", write_config(tmp_path), source, "--base-url", "http://127.0.0.1:9"),
    )
    assert done.returncode == 2, done.stderr
    assert f"pip install '{extra}'" in done.stderr
    assert "Traceback" not in done.stderr
