"""`init`, `scaffold` and `preview --save-example`: from nothing to a configuration that is ready to go live."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from hubspot_dest.config.loading import load_examples
from simulator.hubspot import FakeHubSpot
from simulator.synthesis.stream import events as synthetic_events
from tests.cli.conftest import EXAMPLES, Run

FLOW, EVENTS = EXAMPLES / "flow.json", str(EXAMPLES / "events.jsonl")


def test_an_empty_folder_is_ready_to_be_verified(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "shop"
    assert run("hubspot_dest", "init", str(folder)).returncode == 0
    done = run("hubspot_dest", "verify", str(folder / "flow.yaml"), str(folder / "events.jsonl"))
    assert done.returncode == 0
    assert done.stdout.startswith("GO")
    assert "coverage 100 %" in done.stdout
    again = run("hubspot_dest", "init", str(folder))
    assert again.returncode == 2
    assert "exists already; nothing was written" in again.stderr


@pytest.fixture(scope="module")
def shop_events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("shop") / "events.jsonl"
    made = [event for _, event in zip(range(1_500), synthetic_events(4), strict=False)]
    file.write_text("".join(json.dumps(event) + "\n" for event in made), encoding="utf-8")
    return file


def test_a_drafted_flow_goes_live_once_its_definitions_exist(
    run: Run, tmp_path: Path, shop_events: Path
) -> None:
    flow, account = tmp_path / "flow.yaml", tmp_path / "account.json"
    with FakeHubSpot() as fake:
        portal = str(fake.account.portal_id)
        drafted = run("hubspot_dest", "scaffold", str(shop_events), "-o", str(flow), "--portal", portal)
        assert drafted.returncode == 0, drafted.stderr
        reach = ("--base-url", fake.base_url)
        token = {"HUBSPOT_ACCESS_TOKEN": fake.token}
        applied = run("hubspot_dest", "definitions", "apply", str(flow), str(shop_events), *reach, **token)
        assert applied.returncode == 0, applied.stderr
        pulled = run("hubspot_dest", "account", "pull", str(flow), *reach, "-o", str(account), **token)
        assert pulled.returncode == 0, pulled.stderr
    done = run("hubspot_dest", "verify", str(flow), str(shop_events), "--account", str(account), "--strict")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("GO")
    assert "step examples pass" in done.stdout


def test_a_draft_is_commented_and_names_nobody(run: Run, shop_events: Path) -> None:
    done = run("hubspot_dest", "scaffold", str(shop_events))
    assert done.returncode == 0
    value = yaml.safe_load(done.stdout)
    entry = value["flows"]["site"]["destinations"]["hubspot"]
    events = [json.loads(line) for line in shop_events.read_text("utf-8").splitlines()]
    mapping = entry["config"]["mapping"]
    rules = {f"{entity} {action}" for entity, actions in mapping.items() for action in actions}
    assert rules == {event["name"] for event in events}
    emails = {event["user"].get("email") for event in events}
    assert not [email for email in emails if email and email in done.stdout]
    assert "# Drafted from 1,500 events" in done.stdout
    views = sum(event["name"] == "page view" for event in events)
    assert f"data.title  # {views:,} of {views:,}, string" in done.stdout


def test_nothing_is_overwritten_and_nothing_is_drafted_of_nothing(run: Run, tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text("mine", encoding="utf-8")
    assert run("hubspot_dest", "scaffold", EVENTS, "-o", str(flow)).returncode == 2
    assert flow.read_text(encoding="utf-8") == "mine"
    done = run("hubspot_dest", "scaffold", "-", stdin="broken\n")
    assert done.returncode == 2
    assert "no usable event" in done.stderr


@pytest.mark.parametrize("line", [7])
def test_a_saved_example_passes_and_the_rest_of_the_file_is_untouched(
    run: Run, tmp_path: Path, line: int
) -> None:
    flow = tmp_path / "flow.json"
    before = FLOW.read_text(encoding="utf-8")
    flow.write_text(before, encoding="utf-8")
    options = ("--save-example", "saved", "--example-line", str(line))
    done = run("hubspot_dest", "preview", str(flow), EVENTS, *options)
    assert "saved as the step example 'saved'" in done.stderr, done.stderr
    after = flow.read_text(encoding="utf-8")
    kept = iter(after.splitlines())
    assert all(any(text == other for other in kept) for text in before.splitlines())
    _, examples = load_examples(flow)
    event = json.loads(Path(EVENTS).read_text(encoding="utf-8").splitlines()[line - 1])
    saved = next(example for example in examples if example.name == "saved")
    assert saved.given == event
    verified = run("hubspot_dest", "verify", str(flow), EVENTS)
    assert verified.returncode == 0, verified.stdout
    judged = run("simulator", "check", str(flow))
    assert judged.returncode == 0, judged.stdout
    again = run("hubspot_dest", "preview", str(flow), EVENTS, *options)
    assert again.returncode == 2
    assert "already" in again.stderr
    assert flow.read_text(encoding="utf-8") == after


def test_only_a_flow_takes_an_example(run: Run) -> None:
    shop = EXAMPLES / "shop.yaml"
    before = shop.read_bytes()
    done = run("hubspot_dest", "preview", str(shop), EVENTS, "--save-example", "a")
    assert done.returncode == 2
    assert "only a destination of a flow has step examples" in done.stderr
    assert shop.read_bytes() == before
    missing = run(
        "hubspot_dest", "preview", str(FLOW), EVENTS, "--save-example", "a", "--example-line", "999"
    )
    assert missing.returncode == 2
    assert "no usable event on line 999" in missing.stderr


def test_a_line_that_is_left_out_of_a_draft_is_named(run: Run, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text(Path(EVENTS).read_text("utf-8") + '{"name":"page\n', encoding="utf-8")
    done = run("hubspot_dest", "scaffold", str(events))
    assert done.returncode == 0
    assert "1 line is not an event" in done.stderr
    assert f"{events}, line 11, column" in done.stderr


def test_an_example_without_a_name_is_not_saved(run: Run, tmp_path: Path) -> None:
    flow = tmp_path / "flow.json"
    flow.write_bytes(FLOW.read_bytes())
    done = run("hubspot_dest", "preview", str(flow), EVENTS, "--save-example", " ", "--example-line", "7")
    assert done.returncode == 2
    assert "the example has no name" in done.stderr
    assert flow.read_bytes() == FLOW.read_bytes()


def test_the_planned_account_has_what_waits_for_consent(run: Run, tmp_path: Path) -> None:
    events, draft, account = (tmp_path / name for name in ("events.jsonl", "draft.yaml", "account.json"))
    waiting = {"name": "order complete", "user": {"email": "ada@example.org"}, "data": {"total": 1}}
    granted = {"name": "page view", "user": {"email": "ada@example.org"}, "consent": {"marketing": True}}
    events.write_text(json.dumps(waiting) + "\n" + json.dumps(granted) + "\n", encoding="utf-8")
    files = ("-o", str(draft), "--definitions", str(account))
    assert run("hubspot_dest", "scaffold", str(events), *files).returncode == 0
    given = ("--account", str(account), "--consent", "marketing")
    done = run("hubspot_dest", "verify", str(draft), str(events), *given)
    assert done.returncode == 0, done.stdout


def test_names_of_events_beyond_the_limit_are_not_left_out_silently(run: Run, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("".join(f'{{"name":"thing a{number}"}}\n' for number in range(1_002)), encoding="utf-8")
    done = run("hubspot_dest", "scaffold", str(events), "-o", str(tmp_path / "flow.yaml"))
    assert (
        "the draft has the first 1,000 event names; 2 events with further names are not in it" in done.stderr
    )


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "account.json"
    flow = str(tmp_path / "flow.yaml")
    done = run("hubspot_dest", "scaffold", EVENTS, "-o", flow, "--definitions", str(missing))
    assert done.returncode == 2
    assert f"{missing} cannot be written: No such file or directory" in done.stderr
