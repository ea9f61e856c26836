"""Flow files of every version, with every kind of reference, mean the same events for HubSpot."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.config.loading import load_config, load_examples
from hubspot_dest.flow.upgrade import upgrade_flow
from hubspot_dest.planning.dry_run import DryRun
from tests.cli.conftest import Run

FILES = Path(__file__).parent / "files"
EVENT = {
    "name": "order complete",
    "data": {"total": 5},
    "user": {"email": "ada@example.org", "firstName": "Ada"},
    "timestamp": 1_700_000_000_000,
}
TOKEN = "pat-of-a-test"
ODD_MAPPING = {"a": 5, "b": {"c": [None, 1]}}
READ = "a flow of version {} is read as version 4"


@dataclass(frozen=True)
class FlowFile:
    """What a file must mean: the event as HubSpot receives it, and what is said of the file."""

    event_name: str | None = "pe1_order_complete"
    properties: dict[str, str] = field(default_factory=lambda: {"revenue": "5"})
    notes: tuple[str, ...] = ()
    contact: bool = False
    token: str = ""


TABLE = {
    "v1-minimal": FlowFile(
        notes=("server becomes config.platform", "packages becomes config.bundle.packages")
    ),
    "v1-definitions": FlowFile(
        "pe7_order_complete", notes=("definitions become variables, and $def becomes $var",)
    ),
    "v1-inline": FlowFile("pe42_acme_sale", {}, notes=("$def becomes $var",)),
    "v1-same-name": FlowFile(
        properties={"a": "definition", "b": "variable"},
        notes=("web becomes config.platform", "the content of web becomes config.settings"),
    ),
    "v1-environment": FlowFile(token=TOKEN),
    "v2-contract": FlowFile(notes=("extends of a contract becomes extend",)),
    "v2-contract-reference": FlowFile("pe1_sale_of_a_shop", {}),
    "v2-secret-colon": FlowFile(notes=("$store:name and $secret:NAME get a dot",), token=TOKEN),
    "v2-code-name": FlowFile(notes=("code with a name becomes import",)),
    "v3-bundle": FlowFile(notes=("bundle becomes config.bundle", "next has no effect here")),
    "v3-skip": FlowFile(None, {}, notes=("skip of a rule becomes silent",), contact=True),
    "v3-flat-out": FlowFile(notes=("the call in an example's out becomes a list of calls",)),
    "v3-two-flows": FlowFile(notes=("using destination 'hubspot' of flow 'shop'",)),
    "v3-function": FlowFile(properties={"revenue": "10"}, notes=("adapt its second argument",)),
    "v3-collector": FlowFile(properties={"country": "DE"}),
    "v4-minimal": FlowFile(),
    "v4-variables": FlowFile("pe9_order_complete", {"scope": "step"}),
    "v4-secret": FlowFile(token=TOKEN),
    "v4-flow-reference": FlowFile("pe5_order_complete"),
    "v4-every-reference": FlowFile(
        properties={"currency": "EUR", "title": "a sale", "url": "https://shop.example.com", "double": "10"},
        token=TOKEN,
    ),
    "v4-import": FlowFile(),
}


def test_the_table_has_every_file() -> None:
    assert {path.stem for path in FILES.glob("*.json")} == set(TABLE)
    assert len(TABLE) >= 20


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_flow_of_any_version_gives_the_event_that_its_author_meant(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
    monkeypatch.delenv("PREFIX", raising=False)
    monkeypatch.setenv("TOKEN_OF_A_TEST", TOKEN)
    wanted = TABLE[name]
    before = (FILES / f"{name}.json").read_bytes()
    config, notes = load_config(FILES / f"{name}.json", needs_token=False)
    said = "\n".join(notes)
    version = int(name[1])
    assert (READ.format(version) in said) == (version < 4)
    for note in wanted.notes:
        assert note in said
    assert config.token.get_secret_value() == wanted.token
    plan = DryRun(config).plan(EVENT, 1)
    assert plan.verdict == "ready", plan.sentence
    assert (plan.contact is not None) is wanted.contact
    if wanted.event_name is None:
        assert plan.occurrence is None
    else:
        assert plan.occurrence is not None
        assert plan.occurrence["eventName"] == wanted.event_name
        assert plan.occurrence["properties"] == wanted.properties
    assert (FILES / f"{name}.json").read_bytes() == before


def test_a_flat_call_of_version_3_is_an_example_that_can_be_run() -> None:
    _, (example,) = load_examples(FILES / "v3-flat-out.json")
    assert example.problems == ()
    assert example.calls == [["events.send.basicApi.send", {"eventName": "pe1_order_complete"}]]


def test_every_note_names_the_line_that_it_is_about() -> None:
    _, notes = load_config(FILES / "v3-function.json", needs_token=False)
    lines = (FILES / "v3-function.json").read_text(encoding="utf-8").splitlines()
    note = next(text for text in notes if "second argument" in text)
    assert "$code:" in lines[int(note.partition("line ")[2].partition(":")[0]) - 1]


@pytest.mark.parametrize(
    "odd",
    [
        {"version": 3},
        {"version": 3, "flows": 5},
        {"version": 1, "flows": {"a": None, "b": {"destinations": [1]}, "c": {"server": None, "bundle": 3}}},
        {"version": 2, "definitions": [], "contract": 7, "flows": {"a": {"definitions": 5, "config": 3}}},
        {"version": 3, "flows": {"a": {"destinations": {"hubspot": {"config": {"mapping": ODD_MAPPING}}}}}},
        {"version": True, "flows": {}},
        {"version": "3", "flows": {}},
        {"version": 9, "flows": {}},
    ],
)  # fmt: skip
def test_an_odd_file_is_not_worse_for_the_upgrade(odd: dict[str, Any]) -> None:
    before = json.dumps(odd)
    upgraded, notes = upgrade_flow(odd)
    assert json.dumps(odd) == before
    assert (upgraded["version"] == 4) is (odd["version"] in (1, 2, 3) and odd["version"] is not True)
    assert bool(notes) is (upgraded is not odd)


def test_every_command_reads_an_earlier_version(run: Run) -> None:
    flow = str(FILES / "v3-skip.json")
    done = run("hubspot_dest", "preview", flow, "-", stdin=json.dumps(EVENT))
    assert done.returncode == 0
    assert "is read as version 4" in done.stderr
    assert "identified" in done.stdout
    linted = run("hubspot_dest", "lint", flow)
    assert "walkerOS 4 loads" in linted.stdout
    assert "Traceback" not in linted.stderr
