"""The headless run in processes of its own: what a script relies on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from simulator.engine.story import story_path
from tests import warm

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", "run", "--events", "200", "--seed", "3", *arguments]
    return warm.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)


def test_a_saved_run_is_met_by_the_same_seed_and_not_by_a_fault(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    first = run("--json")
    assert first.returncode == 0, first.stderr
    saved.write_text(first.stdout)
    assert json.loads(first.stdout)["books"]["agree"] is True
    assert run("--json", "--expect", str(saved)).returncode == 0
    other = run("--expect", str(saved), "--fault", "503:count=3")
    assert other.returncode == 1
    assert "not as expected: counts." in other.stderr
    assert "the sender's numbers and HubSpot's are the same" in other.stdout


def test_expectations_may_be_a_few_figures_in_yaml(tmp_path: Path) -> None:
    good, bad, odd = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "odd.yaml"
    good.write_text("counts: {taken: 200, batchesFailed: 0}\n")
    bad.write_text("counts: {taken: 201}\n")
    odd.write_text("count: {taken: 201}\n")
    assert run("--expect", str(good)).returncode == 0
    assert run("--expect", str(bad)).returncode == 1
    unknown = run("--expect", str(odd))
    assert unknown.returncode == 2
    assert "a run does not report 'count'" in unknown.stderr


def test_what_never_came_is_0_and_a_rule_that_there_is_not_is_told(tmp_path: Path) -> None:
    zero, rule, text = tmp_path / "zero.yaml", tmp_path / "rule.yaml", tmp_path / "text.yaml"
    zero.write_text(
        "counts: {outcomes: {failed: 0}}\nhubspot: {occurrences: {pe12345678_nothing: 0}}\nnotFlushed: 0\n"
    )
    rule.write_text("rules: {order cancel: 0}\nevents: 199\n")
    text.write_text('counts: {taken: "200"}\n')
    assert run("--expect", str(zero)).returncode == 0
    wrong = run("--expect", str(rule))
    assert wrong.returncode == 1
    assert "rules.order cancel is nothing, expected 0" in wrong.stderr
    assert "events is 200, expected 199" in wrong.stderr
    assert 'counts.taken is 200, expected "200"' in run("--expect", str(text)).stderr


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("counts: {outcomes: {faild: 0}}", 1, "counts.outcomes.faild is nothing, expected 0"),
        ("counts: {callsFaild: 0}", 1, "counts.callsFaild is nothing, expected 0"),
        ("books: {hubspotDroped: 0}", 1, "books.hubspotDroped is nothing, expected 0"),
        ("hubspot: {contcts: 0}", 1, "hubspot.contcts is nothing, expected 0"),
        ("events: 99999999999999999999999", 1, "events is 200, expected 99999999999999999999999"),
        ("notFlushed: .nan", 1, "notFlushed is 0, expected NaN"),
        (
            "counts: {taken: 200}\nevents: 200\ncounts: {pushes: 200}",
            2,
            "line 3: the key 'counts' occurs twice",
        ),
        ("counts: {taken: >=5}", 2, "line 1, column 17: invalid YAML: a text that begins with >"),
        ("seconds: 3", 2, "expects nothing: seconds may be anything"),
    ],
)
def test_a_typo_in_what_is_expected_is_no_success(written: str, code: int, says: str, tmp_path: Path) -> None:
    expected = tmp_path / "expected.yaml"
    expected.write_text(written)
    done = run("--expect", str(expected))
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert says in done.stderr


def test_a_property_that_is_filled_otherwise_is_another_run(tmp_path: Path) -> None:
    saved, config = tmp_path / "run.json", tmp_path / "shop.yaml"
    config.write_text(story_path().read_text())
    saved.write_text(run(str(config), "--json").stdout)
    config.write_text(story_path().read_text().replace("order_id: data.id", "order_id: user.email"))
    other = run(str(config), "--expect", str(saved))
    assert other.returncode == 1
    assert "hubspot.contents.pe12345678_order" in other.stderr
    assert "hubspot.contents.pe12345678_page_view" not in other.stderr


def test_what_hubspot_did_not_take_is_no_success(tmp_path: Path) -> None:
    events = tmp_path / "one.jsonl"
    events.write_text(
        '{"name":"page view","user":{"email":"ada@example.org"},"consent":{"marketing":true}}\n'
    )
    done = run("--from", str(events), "--fault", "503:path=/events/*", "--json")
    assert json.loads(done.stdout)["notFlushed"] == 1
    assert done.returncode == 1


def test_lines_that_are_no_events_are_told_with_the_first_of_them(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"name":"page view"}\n{"name":"oneword"}\n17\n')
    done = run("--from", str(events))
    assert (
        "warning: 2 lines are not events; the first: events.jsonl, line 2: Event name is invalid"
        in done.stderr
    )
    assert done.returncode == 1, "nothing of this run caused it"
    assert "failed: bad_input" in done.stdout
    assert run("--from", str(events), "--fail-on", "never").returncode == 0


def test_a_fault_that_met_no_request_is_told_and_one_that_struck_is_not() -> None:
    done = run("--fault", "429:path=/crm/*,count=1", "--fault", "503:path=/crn/*")
    assert "warning: the fault 503:path=/crn/* met no request" in done.stderr
    assert "the fault 429" not in done.stderr


def test_what_was_accepted_is_looked_at_though_the_run_is_told_to_end() -> None:
    command = [
        sys.executable,
        "-m",
        "simulator",
        "run",
        "--listen",
        "0",
        "--fault",
        "latency:delay_ms=20",
        "--json",
    ]
    process = warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    url = process.stderr.readline().strip().rpartition(" ")[2]
    entry = {"name": "page view", "user": {"email": "ada@example.org"}, "consent": {"marketing": True}}
    accepted = 0
    for _ in range(5):
        body = json.dumps([entry] * 30).encode()
        asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            accepted += json.loads(answer.read())["processed"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    result = json.loads(out)
    assert accepted == 150
    assert result["counts"]["taken"] + result["notFlushed"] == accepted, err
    assert (result["notFlushed"] == 0) is (process.returncode == 0)


@pytest.mark.parametrize("option", ["--speed", "--odd"])
def test_what_is_no_number_is_refused(option: str, tmp_path: Path) -> None:
    events = tmp_path / "one.jsonl"
    events.write_text('{"name":"page view"}\n')
    done = run(*(("--from", str(events)) if option == "--speed" else ()), option, "nan")
    assert done.returncode == 2
    assert "not a number" in done.stderr


def test_the_table_names_outcomes_rules_and_what_walkeros_would_lose() -> None:
    done = run()
    assert done.returncode == 0
    for word in (
        "flushed",
        "no identity",
        "order complete",
        "walkerOS itself would lose",
        "saved by the memory",
    ):
        assert word in done.stdout
    assert "\x1b" not in done.stdout


def test_without_a_terminal_the_screen_says_what_to_do() -> None:
    command = [sys.executable, "-m", "simulator", "tui"]
    done = warm.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2
    assert "hubspot-sim run" in done.stderr


@pytest.mark.parametrize(
    ("closing", "code"),
    [("<&-", 0), ("2>&-", 0), ("2>/dev/full", 0), (">&-", 2), ("<&- >&- 2>&-", 2)],
)
def test_a_closed_or_full_stream_neither_hangs_the_run_nor_turns_its_exit_code(
    closing: str, code: int
) -> None:
    command = f'"{sys.executable}" -m simulator run --from - {closing}'
    done = warm.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "a bug" not in done.stderr


@pytest.mark.parametrize("story", ["outage", "rate-limited-morning"])
def test_a_story_that_ends_costs_no_event_and_no_exit_code(story: str) -> None:
    done = run("--story", story, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["counts"]["outcomes"].get("failed", 0) == 0
    assert result["counts"]["outcomes"].get("queued", 0) == 0
    assert result["counts"]["eventsRecovered"] == result["counts"]["eventsRetried"] > 0
    assert result["counts"]["walkerosWouldLose"] > 0
    assert result["failures"] == []
    assert result["books"]["agree"] is True


def test_a_revoked_token_is_no_success_and_every_event_is_named_with_its_cause() -> None:
    done = run("--story", "token-revoked", "--json")
    result = json.loads(done.stdout)
    waiting = result["counts"]["outcomes"]["queued"]
    assert done.returncode == 1
    assert result["notFlushed"] == waiting == sum(row["count"] for row in result["failures"])
    assert {row["cause"] for row in result["failures"]} == {"fault token-revoked"}
    assert any("HUBSPOT_ACCESS_TOKEN" in (row["fix"] or "") for row in result["failures"])
    assert "401" in done.stderr


@pytest.mark.parametrize(
    ("fail_on", "code"), [("unexplained", 0), ("any", 1), ("never", 0)], ids=["unexplained", "any", "never"]
)
def test_failures_that_a_fault_caused_end_the_run_only_if_asked(fail_on: str, code: int) -> None:
    done = run("--no-outbox", "--fault", "503:path=/crm/*,count=2", "--fail-on", fail_on, "--json")
    result = json.loads(done.stdout)
    assert result["counts"]["outcomes"]["failed"] == 2
    assert [(row["count"], row["cause"]) for row in result["failures"]] == [(2, "fault 503")]
    assert done.returncode == code, done.stderr


@pytest.mark.parametrize(("fail_on", "code"), [("unexplained", 1), ("any", 1), ("never", 0)])
def test_failures_that_nothing_of_the_run_caused_end_it_with_a_table_of_reasons(
    tmp_path: Path, fail_on: str, code: int
) -> None:
    events = tmp_path / "events.jsonl"
    long = {"name": "page view", "data": {"title": "x" * 5000}, "user": {"email": "ada@example.org"}}
    events.write_text(json.dumps({**long, "consent": {"marketing": True}}) + "\n")
    done = run("--from", str(events), "--fail-on", fail_on)
    assert done.returncode == code
    assert "1 event failed or waiting, not caused by any fault, story or --odd of this run" in done.stdout
    assert "failed: refused" in done.stdout
    assert "ada@example.org" in done.stdout


def test_failures_of_spoilt_events_are_explained_by_the_spoiling() -> None:
    done = run("--odd", "0.5", "--json")
    result = json.loads(done.stdout)
    assert result["failures"], "half of the events are spoilt"
    assert all((row["cause"] or "").startswith("--odd ") for row in result["failures"])
    assert done.returncode == 0, done.stderr


def test_in_parity_the_loss_of_a_failed_batch_is_shown_as_lost_and_the_numbers_agree(tmp_path: Path) -> None:
    config, events = tmp_path / "flat.yaml", tmp_path / "events.jsonl"
    config.write_text(
        "settings: {eventNamePrefix: pe12345678_, email: user.email, batch: true, batchSize: 10}\n"
    )
    entry = {"name": "page view", "user": {"email": "ada@example.org"}}
    events.write_text("".join(json.dumps({**entry, "id": f"e{n}"}) + "\n" for n in range(25)))
    fault = ("--fault", "503:path=/events/*,count=1")
    done = run(str(config), "--from", str(events), "--parity", *fault, "--json")
    result = json.loads(done.stdout)
    assert result["books"]["agree"] is True, result["books"]["problems"]
    assert result["counts"]["outcomes"] == {"failed": 10, "flushed": 15, "queued": 0}
    assert result["counts"]["walkerosWouldLose"] == 10
    assert sum(row["count"] for row in result["failures"]) == 10
    assert {row["cause"] for row in result["failures"]} == {"fault 503"}
    with_outbox = json.loads(run(str(config), "--from", str(events), *fault, "--json").stdout)
    assert with_outbox["counts"]["outcomes"].get("failed", 0) == 0
    assert with_outbox["counts"]["walkerosWouldLose"] == 10


def test_a_file_without_an_event_is_no_good_run(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    done = run(str(ROOT / "examples" / "shop.yaml"), str(empty))
    assert done.returncode == 2
    assert "has no usable event" in done.stderr
    assert "✔" not in done.stdout
