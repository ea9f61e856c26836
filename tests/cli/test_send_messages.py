"""What `send` says while it runs: how long it tries, and of many events of one reason no more than a reader needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import EXAMPLES, Run
from tests.factories import make_event

SHOP = str(EXAMPLES / "shop.yaml")


def write(path: Path, events: list[Any]) -> str:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return str(path)


def test_the_first_failure_says_how_long_it_is_tried_and_what_becomes_of_the_rest(
    run: Run, tmp_path: Path
) -> None:
    source = write(tmp_path / "e.jsonl", [make_event(number, name="page view") for number in range(3)])
    given = (
        "hubspot_dest",
        "send",
        SHOP,
        source,
        "--consent",
        "marketing",
        "--base-url",
        "http://127.0.0.1:9",
    )
    done = run(*given, "--wait", "0.5")
    assert done.stderr.count("(--wait)") == 1
    first = next(line for line in done.stderr.splitlines() if line.startswith("warning: not delivered yet"))
    assert "it is tried again; after the last event, until nothing was delivered for 0.5 s (--wait)" in first
    assert first.endswith(f"what is left then is safe in the outbox {source}.outbox.sqlite3")


@pytest.mark.parametrize("verbose", [False, True])
def test_a_flood_of_refused_events_is_shown_in_part_and_counted_whole(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path, verbose: bool
) -> None:
    unknown = [make_event(number, name="page read") for number in range(40)]
    nobody = [{"id": f"n{number}", "name": "page view"} for number in range(30)]
    source = Path(write(tmp_path / "e.jsonl", [*unknown, *nobody]))
    with source.open("a", encoding="utf-8") as file:
        file.write("nothing\n" * 50)
    done = run(
        "hubspot_dest", "send", SHOP, str(source), "--consent", "marketing", "--base-url", hubspot.base_url,
        *(("--verbose",) if verbose else ()), HUBSPOT_ACCESS_TOKEN=hubspot.token,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    refused = [line for line in lines if line.startswith("✗ failed")]
    skipped = [line for line in lines if line.startswith("- skipped")]
    bad = [line for line in lines if line.startswith("error: ")]
    assert (len(refused), len(skipped), len(bad)) == ((40, 30, 50) if verbose else (10, 10, 20))
    further = [line for line in lines if "--verbose shows each" in line]
    assert len(further) == (0 if verbose else 3)
    table = next(line for line in lines if line.startswith("  failed: "))
    reason = table.split()[1]
    assert " 40 " in table
    if not verbose:
        assert f"further events with 'failed: {reason}' are counted in the table at the end" in done.stderr
