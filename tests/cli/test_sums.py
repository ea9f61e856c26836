"""The last lines of every command of `hubspot-dest`: what came in is what it came to, in text and in JSON."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubspot_dest.destination import HubSpotDestination
from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import EXAMPLES, Run
from tests.cli.listening import listening
from tests.cli.test_send_closing_lines import TOKEN, configuration, event, mixture

COUNT = re.compile(r"(\d+) (sent|queued|identified|skipped|ignored|denied|refused|failed|under way)\b")
FIRST = re.compile(r"^(\d+) events?(?: and (\d+) of an earlier run)?: ([^;]*)(?:; (\d+) contact calls?)?")


def summed(line: str) -> tuple[int, dict[str, int]]:
    """Return how many events came in and what became of them, having added them up."""
    match = FIRST.match(line)
    assert match is not None, line
    kinds = {kind: int(count) for count, kind in COUNT.findall(match[3])}
    assert sum(kinds.values()) == int(match[1]) + int(match[2] or 0), line
    return int(match[1]), kinds


def last_json(output: str) -> Any:
    return json.loads(output.splitlines()[-1])


@pytest.mark.parametrize("mode", [(), ("--no-outbox",), ("--parity",)])
@pytest.mark.parametrize("config", [{}, {"batch": True, "batchSize": 7}])
def test_preview(run: Run, tmp_path: Path, mode: tuple[str, ...], config: dict[str, Any]) -> None:
    path, source = configuration(tmp_path, **config), mixture(tmp_path / "e.jsonl")
    text = run("hubspot_dest", "preview", path, source, *mode)
    events, kinds = summed(next(line for line in text.stderr.splitlines() if FIRST.match(line)))
    told = last_json(run("hubspot_dest", "preview", path, source, "--json", *mode).stdout)
    assert (events, told["events"], told["badLines"]) == (55, 55, 5)
    assert told["outcomes"] == kinds
    assert sum(told["rules"].values()) == 55


def test_preview_of_events_that_wait_for_consent_and_of_more_than_may_wait(run: Run, tmp_path: Path) -> None:
    path = configuration(tmp_path, config={"consent": {"marketing": True}, "queueMax": 10})
    source = tmp_path / "e.jsonl"
    source.write_text("".join(json.dumps(event(number)) + "\n" for number in range(25)), encoding="utf-8")
    text = run("hubspot_dest", "preview", path, str(source))
    line = next(line for line in text.stderr.splitlines() if FIRST.match(line))
    assert summed(line) == (25, {"denied": 10, "failed": 15})
    told = last_json(run("hubspot_dest", "preview", path, str(source), "--json").stdout)
    assert (sum(told["outcomes"].values()), told["waiting"]) == (25, 10)


def test_listen(hubspot: FakeHubSpot, tmp_path: Path) -> None:
    hubspot.service.seed(hubspot.account, {"contactProperties": ["plan"]})
    config = Path(configuration(tmp_path, accessToken=hubspot.token, baseUrl=hubspot.base_url))
    with listening(config, "--outbox", str(tmp_path / "o"), "--grace", "20") as running:
        login = event(2, "user login", user={"email": "ada@example.org", "plan": "x"})
        events = [event(0), event(1, user={}), login, event(3, "debug ping"), event(4, "page read")]
        assert running.post([*events, {"name": "nothing"}, 7]).status == 207
        code, said = running.stop()
    assert code == 0, said
    first, second = said.splitlines()[-2:]
    kinds = {"sent": 1, "identified": 1, "skipped": 1, "ignored": 1, "failed": 3}
    assert summed(first) == (7, kinds)
    assert second == "4 events were accepted, 3 failed; nothing is left to deliver"


def test_listen_counts_what_an_earlier_run_left_and_says_so_in_json(
    hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    config = Path(configuration(tmp_path, accessToken=hubspot.token, baseUrl="http://127.0.0.1:9"))
    box = ("--outbox", str(tmp_path / "o"), "--grace", "0")
    with listening(config, *box) as running:
        assert running.post([event(number) for number in range(10)]).status == 200
        _, said = running.stop()
    assert summed(said.splitlines()[-2]) == (10, {"queued": 10})
    assert "10 are safe in the outbox with 10 contacts, and go out at the next start" in said
    with listening(config, *box, "--json") as running:
        assert running.post(event(10)).status == 200
        running.process.send_signal(signal.SIGTERM)
        output, said = running.process.communicate(timeout=30)
    first = said.splitlines()[-2]
    assert first.startswith("1 event and 10 of an earlier run: 11 queued")
    assert summed(first) == (1, {"queued": 11})
    told = last_json(output)["balance"]
    came = told.pop("cameIn") + told.pop("earlier")
    assert came == sum(told.values()) == 11


def test_every_verb_of_outbox(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    box = tmp_path / "o"
    config = json.loads(Path(configuration(tmp_path, accessToken=hubspot.token)).read_text(encoding="utf-8"))
    destination = HubSpotDestination(config, base_url=hubspot.base_url, outbox=box)
    destination.push_many([event(number, "page read") for number in range(3)])  # has no definition
    destination.close(stall=20.0)
    hubspot.stop()
    destination = HubSpotDestination(config, base_url=hubspot.base_url, outbox=box)
    login = [event(7, "user login", user={"email": f"l{n}@example.org", "plan": "y"}) for n in range(2)]
    destination.push_many([event(8), *login])
    destination.close(deadline=0.0)
    told = last_json(run("hubspot_dest", "outbox", "status", str(box), "--json").stdout)
    assert (told["events"], told["contacts"]) == (3, 3)  # two events only write a contact
    assert told["dead"] == sum(told["reasons"].values()) > 0
    text = run("hubspot_dest", "outbox", "status", str(box))
    assert "waiting      3 events with 3 contacts," in text.stdout
    dead = run("hubspot_dest", "outbox", "dead", str(box))
    assert dead.stderr.splitlines()[-1] == f"{told['dead']} dead letters"
    assert len(dead.stdout.splitlines()) == 2 * told["dead"]
    assert len(run("hubspot_dest", "outbox", "export", str(box)).stdout.splitlines()) == told["dead"]
    assert f"{told['dead']} dead letters wait" in run("hubspot_dest", "outbox", "retry", str(box)).stderr
    gone = run("hubspot_dest", "outbox", "purge", str(box), "--pending", "--yes").stderr
    assert (
        gone.splitlines()[-1]
        == f"dropped 0 dead letters, {told['dead'] + 3} events with 3 contacts that waited for delivery"
    )


def test_one_outbox_is_counted_alike_by_preview_send_status_the_next_send_and_purge(
    run: Run, tmp_path: Path
) -> None:
    closed = ("--base-url", "http://127.0.0.1:9", "--wait", "0.1")
    source = tmp_path / "events.jsonl"
    source.write_bytes((EXAMPLES / "events.jsonl").read_bytes())
    config, box = str(EXAMPLES / "shop.yaml"), f"{source}.outbox.sqlite3"
    consent = ("--consent", "marketing")
    planned = last_json(run("hubspot_dest", "preview", config, str(source), *consent, "--json").stdout)[
        "outcomes"
    ]
    assert planned["sent"] + planned["identified"] == 7

    first = run("hubspot_dest", "send", config, str(source), *consent, *closed)
    assert f"7 are safe in the outbox {box} with 3 contacts" in first.stderr.splitlines()[-1]
    status = run("hubspot_dest", "outbox", "status", box).stdout
    assert "waiting      7 events with 3 contacts," in status
    assert "remembered   0 contacts that HubSpot has accepted" in status
    told = last_json(run("hubspot_dest", "outbox", "status", box, "--json").stdout)
    assert (told["events"], told["contacts"], told["remembered"]) == (7, 3, 0)

    other = run("hubspot_dest", "send", config, str(source), "--base-url", "http://127.0.0.1:10")
    assert "holds 7 events with 3 contacts for http://127.0.0.1:9" in other.stderr
    (tmp_path / "later.jsonl").write_text('{"name": "debug ping"}', encoding="utf-8")
    later = (str(tmp_path / "later.jsonl"), "--outbox", box, *consent, *closed)
    again = run("hubspot_dest", "send", config, *later)
    assert "7 events of an earlier run with 3 contacts are in the outbox" in again.stderr
    assert f"7 are safe in the outbox {box} with 3 contacts" in again.stderr.splitlines()[-1]
    told = last_json(run("hubspot_dest", "send", config, *later, "--json").stdout)
    assert (told["unsent"], told["contacts"]["waiting"]) == (7, 3)
    gone = run("hubspot_dest", "outbox", "purge", box, "--pending", "--yes").stderr
    assert "7 events with 3 contacts that waited for delivery" in gone


def test_outbox_status_counts_a_contact_as_remembered_once_hubspot_has_taken_it(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    source = tmp_path / "events.jsonl"
    source.write_bytes((EXAMPLES / "events.jsonl").read_bytes())
    config = str(EXAMPLES / "shop.yaml")
    token = {"HUBSPOT_ACCESS_TOKEN": hubspot.token}
    run(
        "hubspot_dest",
        "send",
        config,
        str(source),
        "--consent",
        "marketing",
        "--base-url",
        hubspot.base_url,
        **token,
    )
    told = last_json(run("hubspot_dest", "outbox", "status", f"{source}.outbox.sqlite3", "--json").stdout)
    assert (told["events"], told["contacts"]) == (0, 0)
    assert told["remembered"] > 0


def test_doctor(run: Run, tmp_path: Path) -> None:
    arguments = ("hubspot_dest", "doctor", configuration(tmp_path), "--offline")
    done = run(*arguments, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    counts = records[-1]["summary"]
    assert sum(counts.values()) == len(records) - 1
    line = run(*arguments).stderr.splitlines()[-1]
    numbers = [int(number) for number in re.findall(r"(\d+) \w", line)]
    assert numbers[0] == sum(numbers[1:]) == len(records) - 1, line


def test_lint(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    settings = {"accessToken": TOKEN, "eventNamePrefix": "PE1", "email": "user.emial", "batchSize": -1}
    config.write_text(json.dumps({"settings": settings, "extra": 1}), encoding="utf-8")
    done = run("hubspot_dest", "lint", str(config), "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    told = records[-1]
    assert told["findings"] == len(records) - 1 == told["refused"] + told["lost"] + told["doubtful"] > 0
    line = (text := run("hubspot_dest", "lint", str(config))).stdout.splitlines()[-1]
    numbers = [int(number) for number in re.findall(r"(\d+) [a-z]", line)]
    assert numbers[0] == told["findings"] == sum(numbers[1:]), text


def test_account_pull(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    output = tmp_path / "account.json"
    path = configuration(tmp_path, accessToken=hubspot.token)
    done = run("hubspot_dest", "account", "pull", path, "--base-url", hubspot.base_url, "-o", str(output))
    content = json.loads(output.read_text(encoding="utf-8"))
    events, properties = len(content["eventDefinitions"]), len(content["contactProperties"])
    assert f"{events} events, {properties} contact properties" in done.stderr


def test_the_example_shop(run: Run) -> None:
    done = run("hubspot_dest", "preview", str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl"))
    assert summed(done.stderr.splitlines()[0])[0] == 10


def test_diff(run: Run, tmp_path: Path) -> None:
    old = configuration(tmp_path)
    content = json.loads(Path(old).read_text(encoding="utf-8"))
    content["mapping"]["page"] = {"read": {"ignore": True}, "view": {"settings": {"eventName": "seen"}}}
    new, source = tmp_path / "new.json", mixture(tmp_path / "e.jsonl")
    new.write_text(json.dumps(content), encoding="utf-8")
    text = run("hubspot_dest", "diff", old, str(new), source)
    told = last_json(run("hubspot_dest", "diff", old, str(new), source, "--json").stdout)
    assert (told["events"], told["badLines"]) == (55, 5)
    assert (
        told["changed"] == sum(told["kinds"].values()) == sum(group["count"] for group in told["groups"]) > 0
    )
    sentence = re.search(r"(\d+) of (\d+) events change: (.*), (\d+) bad lines$", text.stdout, re.MULTILINE)
    assert sentence is not None, text.stdout
    assert [int(sentence[number]) for number in (1, 2, 4)] == [told["changed"], 55, 5]
    assert sum(map(int, re.findall(r"\d+", sentence[3]))) == told["changed"]


def test_definitions(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    properties = {"map": {"plan": "user.plan", "page": "data.title"}}
    mapping = {"page": {"view": {"settings": {"properties": properties}}}}
    path = configuration(tmp_path, config={"mapping": mapping}, accessToken=hubspot.token)
    target = ("--base-url", hubspot.base_url)
    plan = ("hubspot_dest", "definitions", "plan", path, "--against", "live", *target)
    done = run(*plan, "--json")
    *rows, told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told["events"] + told["properties"] == len(rows) == sum(told["states"].values())
    line = run(*plan).stderr.splitlines()[0]
    match = re.match(r"(\d+) events? with (\d+) propert\w+, and (\d+) contact propert", line)
    assert match is not None, line
    assert (int(match[1]), int(match[2]) + int(match[3])) == (told["events"], told["properties"])
    applied = run("hubspot_dest", "definitions", "apply", path, *target, "--json")
    *steps, result = [json.loads(line) for line in applied.stdout.splitlines()]
    assert result["created"] + result["failed"] + result["not_tried"] == len(steps) > 0
    assert "nothing to do" in run("hubspot_dest", "definitions", "apply", path, *target).stderr


def test_scaffold(run: Run, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    done = run("hubspot_dest", "scaffold", mixture(tmp_path / "e.jsonl"), "-o", str(draft))
    assert "5 lines are not events" in done.stderr
    match = re.search(r"(\d+) events: (\d+) rules? with", done.stderr)
    assert match is not None, done.stderr
    assert int(match[1]) == 55
    mapping = yaml.safe_load(draft.read_text(encoding="utf-8"))
    [destination] = _destinations(mapping)
    assert int(match[2]) == sum(len(actions) for actions in destination["mapping"].values())


def _destinations(content: Any) -> list[Any]:
    """Return what looks like a destination's configuration, wherever it is in a draft."""
    if not isinstance(content, dict):
        return []
    if isinstance(content.get("mapping"), dict) and "settings" in content:
        return [content]
    return [found for value in content.values() for found in _destinations(value)]


def test_verify_and_report(run: Run, tmp_path: Path) -> None:
    path, source, page = configuration(tmp_path), mixture(tmp_path / "e.jsonl"), tmp_path / "page.html"
    done = run("hubspot_dest", "verify", path, source, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    counts = next(item["counts"] for item in records if item.get("section") == "events" and "counts" in item)
    events, bad = counts.pop("events"), counts.pop("badLines")
    assert (events, bad) == (55, 5)
    assert sum(counts.values()) == 55
    assert records[-1]["outcomes"] == counts
    text = run("hubspot_dest", "verify", path, source)
    answer = next(line for line in text.stdout.splitlines() if "55 events" in line)
    assert sum(int(count) for count, _ in COUNT.findall(answer)) == 55
    assert "5 lines without an event" in answer
    run("hubspot_dest", "report", path, source, "-o", str(page))
    assert "55 events" in page.read_text(encoding="utf-8")
