"""The live stream: nothing is lost between a page and its stream, nor while a browser was cut off."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simulator.hubspot.fake import FakeHubSpot


def ask(fake: FakeHubSpot, path: str) -> None:
    urllib.request.urlopen(fake.base_url + path, timeout=5).close()


@contextmanager
def stream(fake: FakeHubSpot, query: str = "", **headers: str) -> Iterator[Any]:
    wanted = {"X-Simulator-Token": fake.control_token, **headers}
    request = urllib.request.Request(f"{fake.base_url}/_simulator/stream{query}", headers=wanted)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.readline() == b"retry: 1000\n"
        yield answer


def numbers(answer: Any, count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        line = answer.readline()
        if line.startswith(b"data: {"):
            found.append(json.loads(line[6:])["number"])
    return found


def test_what_came_before_the_stream_is_told_once_and_then_goes_on_live(fake: FakeHubSpot) -> None:
    for number in range(3):
        ask(fake, f"/x{number}")
    with stream(fake, "?after=1") as answer:
        assert numbers(answer, 2) == [2, 3]
        ask(fake, "/live")
        assert numbers(answer, 1) == [4]


def test_a_browser_that_was_cut_off_goes_on_where_it_was(fake: FakeHubSpot) -> None:
    for number in range(3):
        ask(fake, f"/x{number}")
    with stream(fake, "?after=0", **{"Last-Event-ID": "2"}) as answer:
        assert numbers(answer, 1) == [3]


def test_without_a_place_to_go_on_from_only_news_are_told(fake: FakeHubSpot) -> None:
    ask(fake, "/old")
    with stream(fake) as answer:
        while not fake.journal._listeners:
            pass
        ask(fake, "/new")
        assert numbers(answer, 1) == [2]


def test_a_page_that_shows_no_bodies_is_sent_none(fake: FakeHubSpot) -> None:
    ask(fake, "/x")
    with stream(fake, "?brief=true&after=0") as answer:
        while not (line := answer.readline()).startswith(b"data: {"):
            pass
    entry = json.loads(line[6:])
    assert (entry["target"], entry["good"]) == ("/x", True)
    assert "request" not in entry
