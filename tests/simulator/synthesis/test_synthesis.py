"""Synthetic events: whole, in order, the same for the same seed, and odd only where asked."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import orjson
import pytest

from hubspot_dest.events.collector import event_name
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner
from simulator.synthesis import Crowd, events
from simulator.synthesis.odd_events import ODDITIES, make_odd
from tests import warm

FIELDS = {"name", "data", "context", "globals", "custom", "user", "nested", "consent", "id", "trigger"}
FIELDS |= {"entity", "action", "timestamp", "timing", "source"}


def take(count: int, seed: int = 1, **options: Any) -> list[dict[str, Any]]:
    return list(islice(events(seed, **options), count))


def generate(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "simulator", "generate", *arguments]
    return warm.run(command, capture_output=True, timeout=60, check=False)


def test_every_event_is_a_whole_walkeros_4_event() -> None:
    for event in take(3000):
        assert set(event) == FIELDS
        name, entity, action = event_name(event)
        assert (event["entity"], event["action"]) == (entity, action)
        assert name == f"{entity} {action}"
        assert len(event["id"]) == 16
        assert all(isinstance(pair, list) and len(pair) == 2 for pair in event["context"].values())
        orjson.dumps(event)


def test_the_same_seed_gives_the_same_bytes_in_another_process_and_another_seed_others() -> None:
    first, second = generate("--events", "300", "--seed", "7"), generate("--events", "300", "--seed", "7")
    assert first.stdout == second.stdout
    assert first.stdout == b"".join(orjson.dumps(event) + b"\n" for event in take(300, seed=7))
    assert first.stdout != generate("--events", "300", "--seed", "8").stdout
    assert first.stderr == b""


def test_time_only_goes_forward_and_begins_where_it_is_told() -> None:
    made = take(2000, start=datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert all(entry["timestamp"] <= other["timestamp"] for entry, other in pairwise(made))
    assert 0 <= made[0]["timestamp"] - datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp() * 1000 < 600_000


def test_a_day_has_its_busy_hours_and_its_night_and_a_week_of_a_shop_fits_into_a_week() -> None:
    made = take(20_000, crowd=Crowd(pause=2400.0))
    hours = Counter(datetime.fromtimestamp(entry["timestamp"] / 1000, UTC).hour for entry in made)
    night, day = sum(hours[hour] for hour in range(5)), sum(hours[hour] for hour in range(9, 14))
    assert 0 < 5 * night < day
    span = (made[-1]["timestamp"] - made[0]["timestamp"]) / 86_400_000
    assert 3 < span < 14  # not minutes, and not years


def test_a_session_is_one_visit_of_one_person_on_one_device_and_ends_with_it() -> None:
    visits: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in take(20_000):
        visits[event["user"]["session"]].append(event)
    for visit in visits.values():
        assert visit[-1]["timestamp"] - visit[0]["timestamp"] < 30 * 60_000
        assert len({event["user"]["device"] for event in visit}) == 1
        assert len({event["user"]["id"] for event in visit if "id" in event["user"]}) <= 1
        assert [event["source"]["count"] for event in visit] == list(range(1, len(visit) + 1))
        assert len({event["source"]["trace"] for event in visit}) == 1


def test_a_subscription_is_paid_once_a_month_on_its_day_until_it_is_cancelled() -> None:
    paid: dict[str, list[datetime]] = defaultdict(list)
    ended: set[str] = set()
    for event in islice(events(2, crowd=Crowd(people=40, at_once=5, familiar=1.0, pause=20_000)), 15_000):
        who = event["user"]["id"]
        if event["name"] == "user signup":
            ended.discard(who)
            paid.pop(who, None)
        elif event["name"] == "subscription renew":
            assert who not in ended
            paid[who].append(datetime.fromtimestamp(event["timestamp"] / 1000, UTC))
        elif event["name"] == "subscription cancel":
            ended.add(who)
    assert any(len(moments) > 1 for moments in paid.values())
    for moments in paid.values():
        assert len({(moment.year, moment.month) for moment in moments}) == len(moments)
        # A visit that begins before midnight may pay after it.
        assert len({(moment - timedelta(minutes=30)).day for moment in moments}) <= 2


def test_people_are_strangers_before_they_log_in_and_known_after() -> None:
    sessions: dict[str, list[bool]] = defaultdict(list)
    for event in take(5000):
        sessions[event["user"]["session"]].append("email" in event["user"])
    assert all(list(known) == sorted(known) for known in sessions.values())  # never forgotten again
    became = [known for known in sessions.values() if len(set(known)) == 2]
    assert len(became) > 20
    devices = defaultdict(set)
    for event in take(20_000):
        if "id" in event["user"]:
            devices[event["user"]["id"]].add(event["user"]["device"])
    assert max(map(len, devices.values())) >= 2


def test_a_mind_about_consent_changes_once_and_now_and_then_in_the_course_of_a_visit() -> None:
    said: dict[str, list[bool]] = {}
    in_a_visit: dict[str, set[bool]] = {}
    for event in islice(events(4), 60_000):
        known = event["user"].get("id")
        if known:
            said.setdefault(known, []).append(event["consent"]["marketing"])
        in_a_visit.setdefault(event["user"]["session"], set()).add(event["consent"]["marketing"])
    turns = {text: sum(a != b for a, b in pairwise(all_of)) for text, all_of in said.items()}
    assert max(turns.values()) == 1
    changed = [said[turn] for turn, number in turns.items() if number]
    assert {(items[0], items[-1]) for items in changed} == {(False, True), (True, False)}
    assert sum(len(both) == 2 for both in in_a_visit.values()) > 10


def test_every_journey_and_every_kind_of_consent_comes_by() -> None:
    made = take(10_000)
    names = Counter(event["name"] for event in made)
    wanted = {"page view", "product view", "product add", "cart view", "checkout start", "order complete"}
    wanted |= {"content read", "content download", "form submit", "demo request", "user signup", "user login"}
    wanted |= {"feature use", "subscription renew", "subscription cancel"}
    assert wanted <= set(names)
    order = next(event for event in made if event["name"] == "order complete")
    assert order["nested"]
    assert order["data"]["total"] > 0
    granted = Counter(event["consent"]["marketing"] for event in made)
    assert granted[True] > granted[False] > 500


def test_a_locale_gives_other_people_and_an_unknown_one_is_named() -> None:
    german = {event["user"]["city"] for event in take(2000, locale="de_DE") if "city" in event["user"]}
    assert german.isdisjoint({event["user"]["city"] for event in take(2000) if "city" in event["user"]})
    done = generate("--locale", "xx_XX")
    assert done.returncode == 2
    assert b"xx_XX" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ODDITIES)
def test_each_oddity_spoils_what_it_names_and_no_plan_breaks(kind: str) -> None:
    import random

    config = {
        "settings": {"accessToken": "t", "eventNamePrefix": "pe1_", "identify": {"map": {"a": "user.id"}}},
        "mapping": {
            "*": {"*": {"settings": {"properties": {"map": {"total": "data.total", "t": "data.title"}}}}}
        },
    }
    planner = Planner(config)
    dice = random.Random(1)
    for event in take(50):
        before = orjson.dumps(event)
        assert make_odd(event, dice, kind) == kind
        assert orjson.dumps(event) != before or kind in ("texts-for-numbers", "empty")
        if "user" in event:
            planner.plan({**event, "user": event["user"] or {}}, CollectorView(), 1)


def test_the_odd_part_is_as_large_as_asked_and_says_which_it_is() -> None:
    made = take(10_000, odd=0.05)
    kinds = Counter(event["custom"]["odd"] for event in made if "odd" in event["custom"])
    assert 350 < sum(kinds.values()) < 650
    assert set(kinds) <= set(ODDITIES)
    assert len(kinds) == len(ODDITIES)
    with pytest.raises(ValueError, match="between 0 and 1"):
        take(1, odd=2)


def test_a_wrong_date_or_an_unwritable_file_is_one_message(tmp_path: Any) -> None:
    late = generate("--start", "9999-12-31T23:59:59Z", "--events", "30")
    assert (late.returncode, b"--start is too close to the first or last year" in late.stderr) == (2, True)
    done = generate("--start", "soon")
    assert (done.returncode, b"is not a date" in done.stderr) == (2, True)
    done = generate("-o", str(tmp_path / "nowhere" / "x.jsonl"))
    assert (done.returncode, b"cannot be written" in done.stderr) == (2, True)
    done = generate("-o", str(tmp_path / "x.jsonl"), "--events", "5")
    assert (done.returncode, len((tmp_path / "x.jsonl").read_bytes().splitlines())) == (0, 5)


def test_whoever_reads_only_the_beginning_sees_no_error() -> None:
    command = f"{sys.executable} -m simulator generate --events 100000 | head -c 100 >/dev/null"
    done = warm.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
