from __future__ import annotations

import pytest

from simulator.hubspot.faults.fault_board import Fault, FaultBoard, FaultKind
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import (
    FaultSyntaxError,
    fault_from_mapping,
    fault_to_mapping,
    parse_fault,
)


def strikes(spec: str, times: int, method: str = "POST", path: str = "/crm/v3/x", now: float = 0) -> str:
    board = FaultBoard()
    board.add(parse_fault(spec), now=0)
    return "".join("x" if board.choose(method, path, now) else "." for _ in range(times))


@pytest.mark.parametrize(
    ("spec", "pattern"),
    [
        ("429", "xxxx"),
        ("429:every=2", ".x.x"),
        ("429:nth=3", "..x."),
        ("429:count=1", "x..."),
        ("429:every=2,count=1", ".x.."),
        ("429:path=/crm/*", "xxxx"),
        ("429:path=/events/*", "...."),
        ("429:regex=v[0-9]/x$", "xxxx"),
        ("429:method=get", "...."),
        ("429:p=0", "...."),
        ("429:p=1", "xxxx"),
    ],
)
def test_a_fault_strikes_exactly_the_requests_it_names(spec: str, pattern: str) -> None:
    assert strikes(spec, 4) == pattern


def test_the_same_seed_strikes_the_same_requests() -> None:
    assert (
        strikes("500:p=0.5,seed=7", 64) == strikes("500:p=0.5,seed=7", 64) != strikes("500:p=0.5,seed=8", 64)
    )


def test_a_fault_ends_after_its_time() -> None:
    assert strikes("503:for=30s", 1, now=29) == "x"
    assert strikes("503:for=30s", 1, now=30) == "."


@pytest.mark.parametrize(
    ("spec", "lesson"),
    [
        ("430", "there is no fault '430'"),
        ("429:evry=2", "did you mean 'every'"),
        ("429:every", "write name=value"),
        ("429:every=0", "at least 1"),
        ("429:every=x", "whole number"),
        ("429:p=2", "between 0 and 1"),
        ("429:p=nan", "write a number"),
        ("429:policy=DAYLY", "did you mean 'DAILY'"),
        ("429:regex=(", "not a regular expression"),
        ("tls:path=/x", "before any path"),
        ("latency:delay=soon", "write a number"),
        ("500:stored=maybe", "true or false"),
    ],
)
def test_a_wrong_fault_is_refused_with_what_would_be_right(spec: str, lesson: str) -> None:
    with pytest.raises(FaultSyntaxError, match=lesson.replace("(", r"\(")):
        parse_fault(spec)


def test_every_story_survives_the_way_through_json() -> None:
    for story in STORIES.values():
        for fault in story.faults:
            assert fault_from_mapping(fault_to_mapping(fault)) == fault


def test_stories_do_what_they_tell() -> None:
    def told(name: str, times: int) -> list[str]:
        board = FaultBoard()
        board.add(*STORIES[name].faults, now=0)
        chosen = [board.choose("POST", "/crm/v3/x", 1) for _ in range(times)]
        return [
            active_fault.fault.kind.value
            if active_fault and (active_fault.fault.delay_ms or active_fault.fault.kind.is_status)
            else ""
            for active_fault in chosen
        ]

    assert told("rate-limited-morning", 6) == ["", "429", "429", "", "429", "429"]
    assert told("token-revoked", 3) == ["", "401", "401"]
    assert told("new-contact", 2) == ["", ""]


def test_a_stored_status_is_processed_and_a_plain_one_is_not() -> None:
    assert parse_fault("504:stored=true").processes
    assert not Fault(FaultKind.GATEWAY_TIMEOUT).processes
