"""Events for a configuration: they reach what can be reached, and nothing is called unreachable that is not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.planning.dry_run import DryRun
from simulator.coverage import CoverageResult, cover
from simulator.coverage.js_scan import read_hints
from simulator.coverage.regex_samples import sample
from simulator.coverage.search import Search
from simulator.engine.engine import Engine
from simulator.engine.sources.file_source import FileSource
from tests import warm
from tests.ctrl_c import hear_ctrl_c

HERE = Path(__file__).parent / "configurations"
ROOT = Path(__file__).parents[3]
NO_IDENTITY = "an event without user.email has no identity, and is skipped before"
REFUSED = "its consent asks for no name with true"
IGNORED = "its rule ignores the events"
SILENT = "its rule is silent: its properties are never sent"
BEFORE = "order complete [1] before it has no condition"
TWO_WORDS = "no event's name has the word 'complete now': names are split at spaces"
CONTRADICTS = "its condition contradicts itself: nothing is both for data.total"
ALWAYS_FALSE = "its condition is always false: it does not look at the event"
THROWS = "its condition was never true for any event that was tried; it threw N times: not a function"

# For each configuration: rules and paths as (reached, all), what is proven unreachable, and what was just not found.
EXPECTED: dict[str, tuple[tuple[int, int], tuple[int, int], dict[str, str], dict[str, str]]] = {
    "shop": (
        (7, 7),
        (59, 62),
        {
            "identify.email: user.email absent": NO_IDENTITY,
            "user login: identify.email, alternative 2: user.email absent": NO_IDENTITY,
            "order complete [1]: properties.revenue: data.total absent": (
                "the condition of its rule does not hold without data.total"
            ),
        },
        {},
    ),
    "wildcards": (
        (5, 7),
        (18, 28),
        {
            "* *: properties.what: name absent": "walkerOS gives every event its name",
            "order complete now": TWO_WORDS,
            "order complete now: properties: value": f"its rule is not reached: {TWO_WORDS}",
            "order complete now: properties.never: data.id present": f"its rule is not reached: {TWO_WORDS}",
            "order complete now: properties.never: data.id absent": f"its rule is not reached: {TWO_WORDS}",
            "order complete [2]": BEFORE,
            "order complete [2]: condition false": BEFORE,
            "order complete [2]: properties: value": f"its rule is not reached: {BEFORE}",
            "order complete [2]: properties.late: data.total present": f"its rule is not reached: {BEFORE}",
            "order complete [2]: properties.late: data.total absent": f"its rule is not reached: {BEFORE}",
            "order complete [2]: properties.more: data.more present": f"its rule is not reached: {BEFORE}",
            "order complete [2]: properties.more: data.more absent": f"its rule is not reached: {BEFORE}",
        },
        {},
    ),
    "conditions": (
        (6, 9),
        (10, 17),
        {
            "order complete [4]": CONTRADICTS,
            "order complete [4]: properties: value": f"its rule is not reached: {CONTRADICTS}",
            "order complete [4]: properties.id: data.id present": f"its rule is not reached: {CONTRADICTS}",
            "order complete [4]: properties.id: data.id absent": f"its rule is not reached: {CONTRADICTS}",
            "order complete [5]": ALWAYS_FALSE,
            "order complete [5]: properties: value": f"its rule is not reached: {ALWAYS_FALSE}",
            "order complete [5]: properties.id: data.id present": f"its rule is not reached: {ALWAYS_FALSE}",
            "order complete [5]: properties.id: data.id absent": f"its rule is not reached: {ALWAYS_FALSE}",
            "order complete [7]: condition false": (
                "its condition is always true: it does not look at the event"
            ),
            "order complete [8]": "the condition of order complete [7] before it is always true",
        },
        {},
    ),
    "alternatives": (
        (1, 1),
        (40, 45),
        {
            f"product view: properties.{name}": f"alternative {number} before it always gives a value"
            for name, number in (
                ("early, alternative 3: data.c present", 2),
                ("early, alternative 3: data.c absent", 2),
                ("shape, alternative 2: data.other present", 1),
                ("shape, alternative 2: data.other absent", 1),
            )
        }
        | {
            "product view: properties.priced, alternative 1: data.price absent": (
                "the condition around it does not hold without data.price"
            )
        },
        {},
    ),
    "consents": (
        (1, 1),
        (26, 31),
        {
            "lead create: properties.any_of_two: consent missing": (
                "the destination's own consent is enough for it: an event without it is never let through"
            ),
            "lead create: properties.items each: consent missing": (
                "the destination's own consent is enough for it: an event without it is never let through"
            ),
            "lead create: properties.never: consent granted": REFUSED,
            "lead create: properties.never: data.secret present": REFUSED,
            "lead create: properties.never: data.secret absent": REFUSED,
        },
        {},
    ),
    "loops": ((1, 1), (64, 64), {}, {}),
    "identities": ((1, 1), (25, 25), {}, {}),
    "lead": ((4, 4), (38, 38), {}, {}),
    "policies": (
        (2, 3),
        (17, 19),
        {
            "order complete [1]: properties.total: data.total absent": (
                "the condition of its rule does not hold without data.total"
            )
        },
        {
            "order complete [1]: properties.label: data.label absent": "a policy always writes data.label",
            "order complete [2]": "its condition was never true for any event that was tried",
        },
    ),
    "functions": (
        (1, 1),
        (30, 34),
        {
            "content read: properties.lang: globals.lang absent": (
                "the condition around it does not hold without globals.lang"
            ),
            "content read: properties.always: validate false": (
                "its validate is always true: it does not look at the event"
            ),
        },
        {
            "content read: properties.broken: condition true": THROWS,
            "content read: properties.broken: value": THROWS,
        },
    ),
    "silence": (
        (4, 4),
        (11, 19),
        {
            "identify.email: user.email absent": NO_IDENTITY,
            "debug *: properties: value": IGNORED,
            "debug *: properties.a: data.a present": IGNORED,
            "debug *: properties.a: data.a absent": IGNORED,
            "user login: identify.email, alternative 2: user.email absent": NO_IDENTITY,
            "user login: properties: value": SILENT,
            "user login: properties.method: data.method present": SILENT,
            "user login: properties.method: data.method absent": SILENT,
        },
        {},
    ),
    "refusing": (
        (0, 1),
        (1, 8),
        dict.fromkeys(
            (
                "the destination: consent granted",
                "the destination: email alone",
                "the destination: no identity",
                "the destination: no rule",
                "page view",
                "page view: properties: value",
                "page view: properties.title: data.title present",
                "page view: properties.title: data.title absent",
            ),
            REFUSED,
        ),
        {},
    ),
}


def path_of(name: str) -> Path:
    return ROOT / "examples" / "shop.yaml" if name == "shop" else HERE / f"{name}.yaml"


def config_of(name: str) -> Config:
    return Config.strict(yaml.safe_load(path_of(name).read_text()), token="x")


def made(**parts: Any) -> CoverageResult:
    raw = {"settings": {"eventNamePrefix": "pe1_"}, **parts}
    return cover(Config.strict(raw, token="x"))


@pytest.mark.parametrize("name", EXPECTED)
def test_everything_reachable_is_reached_and_the_rest_is_named_with_its_reason(name: str) -> None:
    rules, paths, proven, missed = EXPECTED[name]
    result = cover(config_of(name), seed=1)
    found = {
        unreached.label: re.sub(r"\d[\d,]* times", "N times", unreached.reason)
        for unreached in result.unreached
    }
    assert found == proven | missed
    assert {unreached.label for unreached in result.unreached if unreached.proven} == set(proven)
    assert (result.rules, result.paths) == (rules, paths)
    assert result.complete is (not missed)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_engine_itself_hits_every_rule_that_is_called_reached(name: str, tmp_path: Path) -> None:
    result = cover(config_of(name), seed=1)
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in result.events))
    with Engine(config_of(name), source=FileSource(file)) as engine:
        books = engine.run(10_000)
        assert books.problems == []
        hit = {rule.label for rule in engine.event_log.coverage.all() if rule.hits}
        unreached = {
            current_unreached.label
            for current_unreached in result.unreached
            if current_unreached.kind == "rule"
        }
        # A rule that ignores is one that was hit as well.
        assert {rule.label for rule in engine.event_log.coverage.all()} - hit == unreached
        assert engine.counts.taken == len(result.events)
        if engine.config.batch:
            assert engine.queued > 0
            engine.flush().result()  # an event waits in the outbox until its contact is written
            assert engine.counts.batches >= 1


@pytest.mark.parametrize(
    "seed", [2, pytest.param(3, marks=pytest.mark.deep), pytest.param(4, marks=pytest.mark.deep)]
)
def test_another_seed_makes_other_events_that_reach_the_same(seed: int) -> None:
    for name, (rules, paths, _, _) in EXPECTED.items():
        result = cover(config_of(name), seed)
        assert (result.rules, result.paths) == (rules, paths), name
        if result.rules[0]:
            assert result.events != cover(config_of(name), 1).events


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_that_is_proven_unreachable_is_reached_when_it_is_tried_all_the_same(name: str) -> None:
    search = Search(config_of(name), 1)
    proofs, search.proofs = search.proofs, {}
    search.run()
    assert not set(proofs) & set(search.found)


def configurations() -> Iterator[dict[str, Any]]:
    """Yield the configurations of the specification's cases, each once."""
    seen = set()
    for file in sorted((ROOT / "tests" / "vectors").glob("*.jsonl")):
        for line in filter(None, file.read_text().split("\n")):
            case = json.loads(line)["case"]
            raw = case.get("config")
            if not isinstance(raw, dict):
                mapping = case.get("mapping")
                value = {"a": {"b": {"settings": {"properties": mapping}}}}
                raw = {"mapping": value if case.get("kind") == "value" else mapping}
            settings = raw.get("settings")
            raw = {
                **raw,
                "settings": {"eventNamePrefix": "pe1_", **(settings if isinstance(settings, dict) else {})},
            }
            key = json.dumps(raw, sort_keys=True)
            if key not in seen:
                seen.add(key)
                yield raw


@pytest.mark.parametrize("every", [18, pytest.param(1, marks=pytest.mark.deep)])
def test_watching_changes_no_plan_and_no_proof_is_wrong_for_the_specifications_configurations(
    every: int,
) -> None:
    looked_at = 0
    for raw in list(configurations())[::every]:
        try:
            config = Config.strict(raw, token="x")
        except ConfigError:
            continue
        looked_at += 1
        cover(config)  # raises if the sender's planner would plan any event differently
        search = Search(config, 1)
        proofs, search.proofs = search.proofs, {}
        search.run()
        assert not set(proofs) & set(search.found), raw
    assert looked_at > 480 / every


def test_a_misspelt_field_is_named_rather_than_searched_for() -> None:
    result = made(mapping={"page": {"view": {"settings": {"properties": {"map": {"t": "Data.title"}}}}}})
    (unreached,) = result.unreached
    assert unreached.label == "page view: properties.t: Data.title present"
    assert unreached.reason == "events have no field 'Data': walkerOS drops what it does not know"
    assert unreached.proven


def test_what_seems_to_shadow_an_alternative_but_may_give_nothing_is_no_reason() -> None:
    values = {
        "falsy": [[{"value": 0}, "data.a"]],
        "consent": [{"map": {"x": "data.x"}, "consent": {"extra": True}}, "data.b"],
        "refused": [{"map": {"x": "data.x"}, "validate": "$code:(v) => v.x === 1"}, "data.c"],
        "null": [{"value": [None]}, "data.d"],
    }
    result = made(mapping={"page": {"view": {"settings": {"properties": {"map": values}}}}})
    assert {unreached.label for unreached in result.unreached} == {
        "page view: properties.null, alternative 1: value"
    }


@pytest.mark.parametrize(
    ("condition", "data"),
    [
        ("(e) => 10 - e.data.total > 5 && e.data.total < 4", {"total": 1}),
        ("(e) => -e.data.total > 5 && e.data.total < 0", {"total": -9}),
        ("(e) => 1 < e.data.total < 5 && e.data.total > 7", {"total": 10}),
        ("(e) => 5 - e.data.total > 1", {"total": None}),
        ("({ data: { currency = 'EUR', total } }) => total > 100 && currency === 'EUR'", {"total": 500}),
        ("({ data: { total = 100, id } }) => id === 'r1' && total > 50", {"id": "r1"}),
        ("({ data: { prices: [first, second] } }) => first > 10 && second > 20", {"prices": [11, 21]}),
        (
            "function (e) { if (e.data.id !== 7) { return false; } return [1, 2].some(() => true); }",
            {"id": 7},
        ),
        ("(é) => é['data']['id'] === 'click'", {"id": "click"}),
    ],
)
def test_what_one_event_reaches_is_never_called_unreachable(condition: str, data: dict[str, Any]) -> None:
    values = {name: f"data.{name}" for name in ("total", "id", "currency", "first")}
    rule = {"condition": f"$code:{condition}", "settings": {"properties": {"map": values}}}
    raw = {"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"order": {"complete": rule}}}
    config = Config.strict(raw, token="x")
    event = {"name": "order complete", "user": {"email": "a@example.org"}, "data": data}
    assert DryRun(config).plan(event, 0).rule_key == "order complete", "the case itself is wrong"
    absent = {
        f"order complete: properties.{name}: data.{name} absent" for name in values if data.get(name) is None
    }
    proven = {unreached.label for unreached in cover(config).unreached if unreached.proven}
    assert not proven & {"order complete", "order complete: condition true", *absent}


@pytest.mark.parametrize(
    "beside",
    [{"key": "data.a"}, {"map": {"q": "data.a"}}, {"set": ["data.a"]}, {"loop": ["nested", "data.a"]}],
)
def test_a_function_that_gives_nothing_is_no_reason_where_something_else_takes_its_place(
    beside: dict[str, Any],
) -> None:
    value = {"fn": "$code:() => undefined", **beside}
    raw = {"page": {"view": {"settings": {"properties": {"map": {"p": value}}}}}}
    search = Search(Config.strict({"settings": {"eventNamePrefix": "pe1_"}, "mapping": raw}, token="x"), 1)
    assert search.proofs == {}


def test_a_key_that_gives_nothing_much_is_passed_over_in_a_list_of_a_list() -> None:
    values = {"one": [[{"key": "data.x", "value": 5}, "data.id"]]}
    result = made(mapping={"page": {"view": {"settings": {"properties": {"map": values}}}}})
    assert not [unreached.label for unreached in result.unreached if unreached.proven]


def test_a_disabled_destination_is_reached_by_nothing_and_says_so() -> None:
    result = made(disabled=True, mapping={"page": {"view": {}}})
    assert result.events == ()
    assert {unreached.reason for unreached in result.unreached} == {"the destination is disabled"}


def test_a_configuration_without_rules_is_covered_as_well() -> None:
    result = made()
    assert result.complete
    assert result.rules == (0, 0)
    assert len(result.events) == 2  # with an identity, and without


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("event => event.data.total > 17.5 && event.data.total <= 18", 18),
        ("(event) => event.data.kind === 'it\\'s'", "it's"),
        ("({ data: { kind } }) => kind == `tick`", "tick"),
        ("async (event) => event.data.kind === 'promised'", None),
        ("function (event) { const { data } = event; const k = data.kind; return k === 'named'; }", "named"),
        ("(event) => (event.data.total ?? 0) > 90", None),
        ("(_, { event }) => event.globals['some key'] === 'x'", None),
        ("(event) => event.nested.every(({ data }) => data.price < 5) && event.nested.length === 4", None),
        ("(event) => event.source.referrer.includes('search.example') && event.timing > 60", None),
        ("(event) => event.context.shopping?.[0] === 'detail'", None),
        ("(event) => new Date(event.timestamp).getUTCFullYear() > 2030", None),
        ("({ timestamp }) => new Date(timestamp).getUTCHours() < 3", None),
        ("(event) => new Date(event.timestamp).getUTCDay() === 0", None),
        ("(event) => event.user.email.endsWith('@example.org')", None),
        ("(event) => event.data.a === 1 && event.data.b === 2 && event.data.c === 3 || event.data.d", None),
        (
            "(event) => Object.keys(event.data).length > 2 && event.data.x && event.data.y && event.data.z",
            None,
        ),
        ("(event) => event.entity === 'order' && event.trigger === 'click'", None),
        ("(event, { consent }) => consent.marketing === true", None),
        ("(event) => event.data.total > 100 && event.data.total < 101", 100.5),
        ("(event) => event.data.total * 1.19 > 100 && event.data.total * 1.19 < 101", None),
    ],
)
def test_conditions_as_people_write_them_are_found_true(condition: str, wanted: Any) -> None:
    rules = [{"condition": f"$code:{condition}", "settings": {"eventName": "found"}}, {}]
    result = made(consent={"marketing": True, "other": True}, mapping={"order": {"complete": rules}})
    assert "order complete [1]" not in {unreached.label for unreached in result.unreached}
    if wanted is not None:
        assert any(wanted in event["data"].values() for event in result.events)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(gold|silver)-\\d{3}$",
        "[a-f]+x?",
        "^\\w+@example\\.(com|org)$",
        "a{2,3}b*",
        "[^a-z]7",
        "(?:x|y)(?=z)z",
    ],
)
def test_a_text_for_a_regular_expression_matches_it(pattern: str) -> None:
    assert re.search(pattern, sample(pattern))


def test_a_function_that_cannot_be_read_is_no_crash() -> None:
    for source in (
        "",
        "(",
        "=>",
        "({",
        "a.b.",
        "/(/",
        "'",
        "x => x[",
        "(a, {b}) => b?.c[0]?.['d'](",
        "`${",
        "😀",
        "\\",
    ):
        read_hints(f"$code:{source}")


# ---- the command


def test_a_flow_is_covered_under_the_consent_globals_and_user_that_its_collector_begins_with() -> None:
    german = "$code:(event, context) => context.collector.globals.lang === 'de'"
    rules = [{"condition": german, "name": "order told"}, {"name": "order untold"}]
    raw = {"settings": {"eventNamePrefix": "pe1_"}, "consent": {"marketing": True}}
    raw["mapping"] = {"order": {"complete": rules}}
    state = {"consent": {"marketing": True}, "globals": {"lang": "de"}, "user": {"email": "ada@example.org"}}
    flow = replace(Config.strict(raw, token="x"), collector=state)
    result = cover(flow, seed=1)
    assert [unreached.label for unreached in result.unreached if unreached.kind == "rule"] == [
        "order complete [2]"
    ]
    with Engine(flow, source=lambda _: iter(result.events)) as engine:
        engine.run(1000)
        assert {rule.label for rule in engine.event_log.coverage.all() if rule.hits} == {"order complete [1]"}


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", "generate", *arguments]
    return warm.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_writes_events_says_what_they_reach_and_ends_with_0_when_all_is_reached(
    tmp_path: Path,
) -> None:
    first = generate("--cover", str(path_of("shop")))
    assert first.returncode == 0
    events = [json.loads(line) for line in first.stdout.splitlines()]
    assert all(set(event) >= {"name", "data", "user", "id", "timestamp"} for event in events)
    assert first.stderr.startswith("reached 7 of 7 rules, 59 of 62 paths, with ")
    assert f"cannot be reached: identify.email: user.email absent: {NO_IDENTITY}" in first.stderr
    output = tmp_path / "events.jsonl"
    second = generate("--cover", str(path_of("shop")), "-o", str(output), "--json")
    assert output.read_text() == first.stdout  # the same bytes in another process
    told = json.loads(second.stdout)
    assert told["complete"] is True
    assert told["rules"] == {"reached": 7, "all": 7}
    assert told["paths"] == {"reached": 59, "all": 62}
    assert [item["proven"] for item in told["unreached"]] == [True, True, True]


def test_the_command_ends_with_1_when_something_was_not_found_and_nothing_proves_that_it_cannot_be() -> None:
    done = generate("--cover", str(path_of("policies")))
    assert done.returncode == 1
    assert "not reached: order complete [2]: its condition was never true for any event" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--cover", "missing.yaml"], ["--cover", "examples/shop.yaml", "--events", "5"], ["--json"]],
)
def test_what_cannot_run_is_a_sentence_and_exit_code_2(arguments: list[str]) -> None:
    done = generate(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


# ---- time


def test_a_function_that_loops_for_ever_costs_no_more_than_the_time_given_and_what_was_found_is_kept() -> (
    None
):
    loops = {f"p{number}": {"fn": "$code:(e) => { while (true) {} }"} for number in range(200)}
    mapping = {"slow": {"view": {"settings": {"properties": {"map": loops}}}}, "page": {"view": {}}}
    config = Config.strict({"settings": {"eventNamePrefix": "pe1_"}, "mapping": mapping}, token="x")
    result = cover(config, seconds=0.5)
    assert result.time_up
    assert not result.complete
    assert {unreached.reason.partition(":")[0] for unreached in result.unreached} <= {
        "time was up",
        "the time limit was reached before the event that reaches it could be verified",
    }
    assert not any(unreached.proven for unreached in result.unreached)  # a faster machine may refute it


def test_a_time_that_is_not_used_up_changes_nothing() -> None:
    assert cover(config_of("shop"), seconds=600.0) == cover(config_of("shop"))


def test_for_walkeros_itself_a_rule_to_skip_is_no_silent_one() -> None:
    rule = {"skip": True, "settings": {"properties": {"map": {"title": "data.title"}}}}
    raw = {"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"page": {"view": rule}}}
    config = Config.strict(raw, token="x")
    silent = {unreached.label for unreached in cover(config).unreached if unreached.reason == SILENT}
    assert "page view: properties.title: data.title present" in silent
    assert cover(config, parity=True).unreached == ()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_found_until_ctrl_c_is_written(number: signal.Signals, tmp_path: Path) -> None:
    config, written = tmp_path / "slow.json", tmp_path / "events.jsonl"
    slow = "$code:(e) => { for (let i = 0; i < 5000; i++); return Math.sin(e.data.a) === 2 ? 1 : undefined }"
    values = {f"p{number}": {"fn": slow} for number in range(20)}
    rule = {"settings": {"properties": {"map": values}}}
    config.write_text(
        json.dumps({"settings": {"eventNamePrefix": "p_"}, "mapping": {"page": {"view": rule}}})
    )
    terminal, theirs = os.openpty()
    command = [sys.executable, "-m", "simulator", "generate", "--cover", str(config), "--seconds", "600"]
    process = warm.Popen([*command, "-o", str(written)], stderr=theirs)
    os.close(theirs)
    said = b""
    while b" events tried" not in said:  # it searches, and a search of ten minutes it is
        said += os.read(terminal, 4096)
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    while b"is written" not in said:
        said += os.read(terminal, 4096)
    assert b"interrupted: not everything was tried" in said
    assert b"Traceback" not in said
    events = [json.loads(line) for line in written.read_text().splitlines()]
    assert "page view" in {event["name"] for event in events}


def test_a_part_of_the_events_is_not_taken_for_all_when_making_them_was_interrupted(tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    command = [sys.executable, "-m", "simulator", "generate", "--events", "9000000"]
    process = warm.Popen(
        [*command, "-o", str(tmp_path / "events.jsonl")], stderr=theirs, preexec_fn=hear_ctrl_c
    )
    os.close(theirs)
    said = b""
    while b"of 9,000,000 events" not in said:
        said += os.read(terminal, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    while b"only a part of the 9,000,000 events" not in said:
        said += os.read(terminal, 4096)
