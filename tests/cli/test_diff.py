"""`hubspot-dest diff`: what a change of the configuration does to the events of a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES, Run

SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")


@pytest.fixture
def changed(tmp_path: Path) -> str:
    """Return a configuration in which one event has another name, and another one is ignored."""
    text = Path(SHOP).read_text(encoding="utf-8").replace("purchase_completed", "bought")
    text = text.replace("  product:\n    view:\n", "  product:\n    view:\n      ignore: true\n")
    path = tmp_path / "new.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_nothing_changes_between_a_configuration_and_itself(run: Run) -> None:
    done = run("hubspot_dest", "diff", SHOP, SHOP, EVENTS, "--fail-on", "change")
    assert done.returncode == 0
    assert "none of 10 events changes" in done.stdout


def test_gains_losses_and_changes_are_told_with_their_cause_and_line(run: Run, changed: str) -> None:
    done = run("hubspot_dest", "diff", SHOP, changed, EVENTS)
    assert done.returncode == 0
    assert "2 of 10 events change: 1 loses a call, 1 changes" in done.stdout
    assert 'event.eventName: "pe12345678_purchase_completed" → "pe12345678_bought"' in done.stdout
    line = next(text for text in done.stdout.splitlines() if "settings.eventName" in text)
    number = int(line.partition("line ")[2].partition(")")[0])
    assert "bought" in Path(changed).read_text(encoding="utf-8").splitlines()[number - 1]
    assert "now  ignored: rule 'product view' ignores it" in done.stdout
    back = run("hubspot_dest", "diff", changed, SHOP, EVENTS)
    assert "1 gains a call, 1 changes" in back.stdout


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("loss", 1), ("change", 1)])
def test_a_pull_request_fails_where_it_was_asked_to(run: Run, changed: str, fail_on: str, code: int) -> None:
    assert run("hubspot_dest", "diff", SHOP, changed, EVENTS, "--fail-on", fail_on).returncode == code


def test_a_gain_is_no_loss(run: Run, changed: str) -> None:
    only = Path(EVENTS).read_text(encoding="utf-8")
    view = "".join(line for line in only.splitlines(keepends=True) if '"product view"' in line)
    assert run("hubspot_dest", "diff", changed, SHOP, "-", "--fail-on", "loss", stdin=view).returncode == 0
    assert run("hubspot_dest", "diff", SHOP, changed, "-", "--fail-on", "loss", stdin=view).returncode == 1


def test_json_has_every_changed_event_and_a_summary_that_adds_up(run: Run, changed: str) -> None:
    done = run("hubspot_dest", "diff", SHOP, changed, EVENTS, "--json")
    *events, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert summary["changed"] == len(events) == sum(summary["kinds"].values())
    assert sum(group["count"] for group in summary["groups"]) == summary["changed"]
    lines = Path(EVENTS).read_text(encoding="utf-8").splitlines()
    for event in events:
        assert json.loads(lines[event["line"] - 1])["name"] == event["event"]
        assert event["differences"]
        assert event["causes"]


def test_markdown_holds_hostile_values_and_names_no_person(run: Run, tmp_path: Path, changed: str) -> None:
    event = {
        "name": "page view",
        "data": {"title": "</td><script>alert(1)</script>|`x`\n# head [a](b)"},
        "user": {"email": "ada@example.org"},
        "consent": {"marketing": True},
    }
    old = Path(SHOP).read_text(encoding="utf-8")
    new = tmp_path / "title.yaml"
    new.write_text(old.replace("hs_page_title: data.title", "hs_page_title: data.gone"), encoding="utf-8")
    done = run("hubspot_dest", "diff", SHOP, str(new), "-", "--markdown", stdin=json.dumps(event))
    assert "<script" not in done.stdout
    assert "ada@example.org" not in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert len({row.replace("\\|", "").count("|") for row in rows}) == 1, "a value broke the table"


def test_what_walkeros_would_do_otherwise_is_told_with_the_reason(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "skip.json"
    rule = {"skip": True, "settings": {"identify": {"map": {"email": "user.email"}}}}
    config.write_text(
        json.dumps({"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"user": {"login": rule}}}), "utf-8"
    )
    event = '{"name":"user login","user":{"email":"ada@example.org"}}'
    done = run("hubspot_dest", "diff", str(config), "-", "--against", "walkeros", stdin=event)
    assert done.returncode == 0
    assert "1 of 1 event changes: 1 gains a call" in done.stdout
    assert "honour_skip" in done.stdout
    assert "walkerOS 4 ignores it" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((SHOP, EVENTS), "diff OLD NEW EVENTS"),
        ((SHOP, SHOP, EVENTS, "--against", "walkeros"), "diff CONFIG EVENTS --against walkeros"),
        ((SHOP, "missing.yaml", EVENTS), "missing.yaml cannot be read"),
        ((SHOP, SHOP, "missing.jsonl"), "missing.jsonl cannot be read"),
        ((SHOP, SHOP, EVENTS, "--json", "--markdown"), "exclude each other"),
    ],
)
def test_what_cannot_run_says_why_and_what_to_do(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run("hubspot_dest", "diff", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_line_that_is_no_event_is_told_and_fails(run: Run) -> None:
    done = run("hubspot_dest", "diff", SHOP, SHOP, "-", stdin='{"name":"page view"}\nbroken\n')
    assert done.returncode == 1
    assert "line 2" in done.stderr


def test_events_that_send_nothing_either_way_are_no_proof_of_no_change(run: Run, tmp_path: Path) -> None:
    event = {"name": "order complete", "user": {"email": "ada@example.org"}, "data": {"total": 1}}
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps(event) + "\n", encoding="utf-8")
    shop = str(EXAMPLES / "shop.yaml")
    done = run("hubspot_dest", "diff", shop, shop, str(events), "--fail-on", "change")
    assert done.returncode == 2
    assert "none of 1 event is sent either way" in done.stderr
    assert "--consent NAME" in done.stderr
    granted = ("--fail-on", "change", "--consent", "marketing")
    assert run("hubspot_dest", "diff", shop, shop, str(events), *granted).returncode == 0


def test_a_change_that_hubspot_refuses_is_named_with_its_events(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    path.write_text(
        Path(SHOP).read_text(encoding="utf-8").replace("purchase_completed", "Purchase!"), encoding="utf-8"
    )
    done = run("hubspot_dest", "diff", SHOP, str(path), EVENTS, "--consent", "marketing")
    assert "HubSpot refuses what NEW sends for 1 event, first in line 7: event_name" in done.stderr
    assert "new.yaml, line" in done.stderr
    back = run("hubspot_dest", "diff", str(path), SHOP, EVENTS, "--consent", "marketing")
    assert "HubSpot refuses" not in back.stderr
