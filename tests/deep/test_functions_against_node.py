"""What people write gives here what it gives in Node, side by side; and so do all time zones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.mapping.javascript import JavaScriptEngine
from tests.mapping.javascript.everyday import AT_LENGTH, EVENT, EVERYDAY, outcome

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is not on this machine"),
]

SCRIPT = Path(__file__).parent / "functions_in_node.mjs"


def node(sources: list[str]) -> list[Any]:
    """Return what Node makes of the functions, under UTC and its own default locale."""
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    asked = json.dumps({"event": EVENT, "sources": sources})
    done = subprocess.run(
        ["node", str(SCRIPT)], input=asked, env=environment, capture_output=True, text=True, check=True
    )
    outcomes: list[Any] = json.loads(done.stdout)
    return outcomes


def differences(sources: list[str]) -> dict[str, tuple[Any, Any]]:
    """Return the functions whose outcomes differ: Node's, and ours."""
    engine = JavaScriptEngine()
    pairs = [
        (source, theirs, outcome(engine, source))
        for source, theirs in zip(sources, node(sources), strict=True)
    ]
    return {source: (theirs, ours) for source, theirs, ours in pairs if theirs != ours}


def test_everyday_functions_agree_with_node() -> None:
    assert len(EVERYDAY) >= 100
    assert differences(list(EVERYDAY)) == {}


def test_hundreds_of_formats_orders_and_addresses_agree_with_node() -> None:
    assert differences(AT_LENGTH) == {}


def test_what_is_recorded_for_the_daily_tests_is_what_node_says() -> None:
    assert node(list(EVERYDAY)) == list(EVERYDAY.values())


def test_every_time_zone_agrees_with_node() -> None:
    [listed] = node(["() => Intl.supportedValuesOf('timeZone')"])
    # Its abbreviations of before 2022 are those of another zone in CLDR, and of its own in the system's files.
    names = [name for name in listed["value"] if name != "America/Ciudad_Juarez"]
    options = '{ timeZone, timeZoneName: "short" }'
    moments = "[0, 8e11, 15e11, 1705e9, 1720e9, 1731e9]"
    sources = [
        f"() => {json.dumps(names[at : at + 12])}.map((timeZone) => "
        f'{moments}.map((ms) => new Date(ms).toLocaleString("en-US", {options})))'
        for at in range(0, len(names), 12)
    ]
    assert len(names) > 300
    assert differences(sources) == {}
