"""The benchmarks still run: few events, one round. No figure of it is looked at."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as program
from benchmarks import by_hand, floor, starts, workers
from benchmarks.workload import CONFIG, events
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner


def test_every_comparison_with_the_floor_can_be_measured() -> None:
    comparisons, figures = floor.measure(floor.QUICK).split("\n\n")
    asked = (
        "preview --json",
        "the loop by hand",
        "official client",
        "without",
        "send FILE --outbox",
        "http.client",
    )
    assert all(any(what in row for row in comparisons.splitlines()[2:]) for what in asked)
    assert figures.count("\n| ") == len(floor._TITLES) - 3  # other people's senders need a package index


def test_the_loop_by_hand_sends_what_the_sender_sends() -> None:
    planner, collector = Planner(CONFIG), CollectorView()
    for event in events(4)[1:]:  # the first one's total is a whole number, which JavaScript writes without .0
        planned = planner.plan(event, collector, 1).occurrence or {}
        assert {**by_hand.mapped(event), "uuid": None} == {**planned, "uuid": None}


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal needs a fork")
def test_every_start_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "_RULES", 100)
    monkeypatch.setattr(starts, "_TEXTS", 30)
    table = starts.measure(rounds=1)
    assert all(title in table for title in starts._TITLES.values())


def test_a_quick_run_writes_no_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("<!-- entries -->\nold\n<!-- /entries -->\n", encoding="utf-8")
    monkeypatch.setattr(program, "PAGE", page)
    program.main(["--quick", "entries"])
    assert "old" in page.read_text(encoding="utf-8")


def test_a_section_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["--quick", "flor"])
    assert "unknown: flor" in capsys.readouterr().err


class _Rebalancing:
    """A source whose group gets on only while this member polls."""

    assigned = 2

    def __init__(self, gate: workers._Gate) -> None:
        self._gate = gate
        self.paused = False
        self.polls = 0

    def open(self, _owner: object) -> None:
        pass

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def keep_alive(self) -> None:
        self.polls += 1
        if self.polls == 3:  # now the other member has its partitions, too
            self._gate.begin.set()


def test_a_worker_that_waits_for_the_others_does_not_hold_up_their_partitions() -> None:
    context = multiprocessing.get_context("spawn")
    gate = workers._Gate(context.Barrier(1), context.Semaphore(0), context.Event())
    source: Any = _Rebalancing(gate)
    owner: Any = None
    workers._GatedSource(source, 2, gate).open(owner)
    assert gate.ready.acquire(block=False)
    assert source.polls == 3
    assert not source.paused
