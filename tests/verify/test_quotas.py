"""`verify` forecasts the quotas from the pace of the events, or of a stream; never green where there is no pace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hubspot_dest.checks.limits import OCCURRENCES_A_MONTH
from hubspot_dest.cli.commands.report import command as report
from hubspot_dest.cli.commands.verify import command
from simulator.brokers.redis import RedisServer

BEGUN_MS = 1_770_000_000_000
CONFIG: dict[str, Any] = {
    "settings": {
        "accessToken": "pat-na1-00000000-0000-0000-0000-000000000000",
        "eventNamePrefix": "pe12345678_",
        "identify": {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}},
    }
}


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def config_file(folder: Path) -> str:
    path = folder / "config.json"
    path.write_text(json.dumps(CONFIG), encoding="utf-8")
    return str(path)


def event(number: int, timestamp: Any, **more: Any) -> dict[str, Any]:
    user = {"email": f"p{number}@example.org", "plan": "free"}
    found = {"name": "page view", "id": f"e{number}", "user": user, "timestamp": timestamp, **more}
    return {name: value for name, value in found.items() if value is not None}


def events_file(folder: Path, *timestamps: Any, **more: Any) -> str:
    path = folder / "events.jsonl"
    lines = [json.dumps(event(number, timestamp, **more)) for number, timestamp in enumerate(timestamps)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def spread(count: int, seconds: float) -> list[int]:
    """Return so many timestamps over so many seconds."""
    return [BEGUN_MS + round(number * seconds * 1000 / (count - 1)) for number in range(count)]


def quotas(done: Result) -> dict[str, Any]:
    records = [json.loads(line) for line in done.stdout.splitlines()]
    (found,) = [record for record in records if record.get("section") == "quotas" and "status" in record]
    return dict(found)


def test_a_days_events_forecast_a_month(tmp_path: Path) -> None:
    done = verify(config_file(tmp_path), events_file(tmp_path, *spread(240, 86_400)), "--json")
    assert done.exit_code == 0, done.output
    found = quotas(done)
    assert found["status"] == "passed"
    assert found["answer"] == "they suffice if these are all events of 24 hours"
    assert found["counts"]["definitions"] == 1
    assert found["counts"]["occurrencesAMonth"] == pytest.approx(7_200, rel=0.01)
    assert found["counts"]["contactUpsertsADay"] >= 240
    assert any("7,200 occurrences in 30 days" in note for note in found["notes"])


def test_events_without_a_timestamp_leave_the_question_open(tmp_path: Path) -> None:
    config = config_file(tmp_path)
    done = verify(config, events_file(tmp_path, None, None, None), "--json")
    assert quotas(done)["status"] == "unanswered"
    assert "no event has a timestamp" in quotas(done)["answer"]
    text = verify(config, str(tmp_path / "events.jsonl")).stdout
    assert "? quotas" in text
    assert "not answered: no event has a timestamp" in text


def test_a_few_seconds_of_events_say_nothing_about_a_month_and_are_no_no_go(tmp_path: Path) -> None:
    config, events = config_file(tmp_path), events_file(tmp_path, *spread(50, 9))
    done = verify(config, events, "--json")
    assert quotas(done)["status"] == "unanswered"
    assert "span 9 seconds" in quotas(done)["answer"]
    assert quotas(done)["counts"] == {}  # nothing that looks like a forecast
    assert "unanswered" in done.stdout.splitlines()[-1]
    definitions = tmp_path / "account.json"
    from hubspot_dest.cli.commands.definitions import command as plan

    CliRunner().invoke(plan, ["plan", config, events, "-o", str(definitions)])
    assert verify(config, events, "--account", str(definitions), "--strict").exit_code == 0


def test_a_pace_beyond_the_month_is_never_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_dest.verdict.quota_forecast.OCCURRENCES_A_MONTH", 5_000)
    config, events = config_file(tmp_path), events_file(tmp_path, *spread(240, 86_400))
    done = verify(config, events, "--json")
    found = quotas(done)
    assert found["status"] == "doubtful"  # the file may hold more than what came in that time
    assert found["answer"].startswith("no: ")
    assert "do not suffice if these are all events of 24 hours: occurrences a month" in found["answer"]
    assert any("not documented (GAP)" in note for note in found["notes"])
    assert any(json.loads(line).get("code") == "quota_occurrences" for line in done.stdout.splitlines())
    assert verify(config, events, "--fail-on", "doubtful").exit_code == 1
    assert "not answered: no" not in verify(config, events).stdout
    strict = verify(config, events, "--strict")
    assert strict.exit_code == 1
    assert "doubtful with --strict: quotas" in strict.stdout


@pytest.mark.parametrize(
    ("timestamps", "reason"),
    [
        ([moment // 1000 for moment in spread(50, 86_400)], "50 timestamps are before 2000"),
        ([moment * 1000 for moment in spread(50, 86_400)], "50 timestamps are in the future"),
        ([-moment for moment in spread(50, 86_400)], "50 timestamps are before 2000"),
        ([8.64e15, 8.64e15], "2 timestamps are in the future"),
    ],
)
def test_timestamps_in_another_unit_give_no_forecast_and_the_reason_is_named(
    tmp_path: Path, timestamps: list[Any], reason: str
) -> None:
    found = quotas(verify(config_file(tmp_path), events_file(tmp_path, *timestamps), "--json"))
    assert found["status"] == "unanswered"
    assert reason in found["answer"]
    assert found["counts"] == {}


def test_times_as_text_count_as_the_sender_reads_them(tmp_path: Path) -> None:
    texts = [f"2026-01-01T{hour:02}:00:00Z" for hour in range(24)]
    found = quotas(verify(config_file(tmp_path), events_file(tmp_path, *texts), "--json"))
    assert found["status"] == "passed"
    assert found["counts"]["occurrencesAMonth"] == pytest.approx(24 / 23 * 720, rel=0.01)


def test_the_good_half_of_the_timestamps_gives_the_forecast_and_a_note_names_the_rest(tmp_path: Path) -> None:
    good = spread(50, 86_400)
    mixed = [*good, *(moment // 1000 for moment in good)]
    found = quotas(verify(config_file(tmp_path), events_file(tmp_path, *mixed), "--json"))
    assert found["status"] == "passed"
    assert "24 hours" in found["answer"]
    assert any(note.startswith("50 timestamps are before 2000") for note in found["notes"])


def test_the_page_for_people_who_decide_shows_the_forecast(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    events = events_file(tmp_path, *spread(240, 86_400))
    done = CliRunner().invoke(report, [config_file(tmp_path), events, "-o", str(page)])
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert "quotas suffice" in text
    assert "occurrences in 30 days" in text


@pytest.fixture(scope="module")
def redis_server() -> Any:
    with RedisServer() as server:
        yield server


def fill(server: RedisServer, stream: str, *timestamps: int) -> None:
    client = server.client()
    for number, at in enumerate(timestamps):
        client.xadd(stream, {"event": json.dumps(event(number, at))}, id=f"{at}-{number}")


def test_a_stream_answers_what_a_file_cannot(tmp_path: Path, redis_server: RedisServer) -> None:
    fill(redis_server, "slow", *spread(61, 600))
    config, events = config_file(tmp_path), events_file(tmp_path, *spread(5, 9))
    done = verify(config, events, "--source", redis_server.url("slow"), "--json")
    assert done.exit_code == 0, done.output
    found = quotas(done)
    assert found["status"] == "passed"
    assert "at the pace of the stream in 10 minutes" in found["answer"]
    assert found["counts"]["occurrencesAMonth"] == pytest.approx(263_000, rel=0.02)  # what waits included


def test_a_stream_beyond_the_month_is_a_no_go(
    tmp_path: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hubspot_dest.verdict.quota_forecast.OCCURRENCES_A_MONTH", OCCURRENCES_A_MONTH // 1000
    )
    fill(redis_server, "fast", *spread(61, 600))
    config, events = config_file(tmp_path), events_file(tmp_path, *spread(5, 9))
    done = verify(config, events, "--source", redis_server.url("fast"))
    assert done.exit_code == 1
    assert "✗ quotas" in done.stdout


def test_a_stream_of_some_seconds_leaves_the_question_open(tmp_path: Path, redis_server: RedisServer) -> None:
    fill(redis_server, "young", *spread(5, 9))
    config, events = config_file(tmp_path), events_file(tmp_path, *spread(240, 86_400))
    found = quotas(verify(config, events, "--source", redis_server.url("young"), "--json"))
    assert found["status"] == "unanswered"
    assert "the stream spans 9 seconds" in found["answer"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("redis://127.0.0.1:1/0?stream=s&group=g", "cannot be reached"),
        ("redis://user:secret@h/0?stream=s&group=g", "contains credentials"),
        ("amqp://h", "must begin with kafka://"),
    ],
)
def test_a_stream_that_cannot_be_looked_into_ends_with_2(tmp_path: Path, source: str, said: str) -> None:
    done = verify(config_file(tmp_path), events_file(tmp_path, *spread(5, 9)), "--source", source)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "secret" not in done.stderr.replace("secrets", "")
    assert "Traceback" not in done.stderr
