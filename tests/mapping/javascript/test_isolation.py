"""No function can change what its neighbours or later events see; what it changes in the event, its plan sees."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hubspot_dest.mapping.context import CallContext, CollectorView
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError

VANDALS = [
    "JSON.parse = () => 1",
    "JSON.stringify = () => '{}'",
    "Object.prototype.polluted = 1",
    "Object.prototype.then = (resolve) => resolve(1)",
    "Object.prototype.toString = () => 'x'",
    "Object.prototype.__proto__ = { polluted: 1 }",
    "Object.defineProperty(Object.prototype, 'polluted', { value: 1 })",
    "Object.setPrototypeOf(Array.prototype, null)",
    "Reflect.defineProperty(Array.prototype, 'map', { value: 1 }) || null.x",
    "Array.prototype.push = () => 1",
    "Array.prototype[Symbol.iterator] = null",
    "Object.getPrototypeOf([].values()).next = null",
    "Object.getPrototypeOf(function* () {}).polluted = 1",
    "Promise.prototype.then = () => 1",
    "String.prototype.isWellFormed = () => true",
    "Number.isFinite = () => true",
    "Math.random = () => 4",
    "Date.now = () => 4",
    "Date.prototype.getTime = () => 4",
    "Error.prototype.name = 'Polluted'",
    "Error.stackTraceLimit = 'x'",
    "Error.prepareStackTrace = () => 1",
    "console.log = 1",
    "globalThis.polluted = 1",
    "globalThis.Object = null",
    "undefined = 1",
    "polluted = 1",
    "delete globalThis.JSON",
    "context.logger.info = null",
    "Object.defineProperty(globalThis, 'polluted', { value: 1 })",
    "(() => {}).constructor.prototype.call = 1",
    "Symbol.prototype.description = 1",
    "RegExp.prototype.exec = () => null",
    "({}).__proto__.polluted = 1",
]
WITNESS = (
    "(value, context) => [typeof polluted, ({}).polluted, [1, 2].map((n) => n * 2), `${{}}`, JSON.parse('[1]'), "
    "JSON.stringify({ a: value }), [...'ab'], typeof context.logger.info, new Error('m').name, Number.isFinite(NaN), "
    "/a/.test('a'), new Date(5).getTime(), Object.keys(globalThis)]"
)


@pytest.mark.parametrize("act", VANDALS)
def test_a_function_that_attacks_the_built_ins_fails_and_changes_nothing(act: str) -> None:
    engine = JavaScriptEngine()
    witness = engine.function(WITNESS)

    def look() -> Any:
        return witness({"n": 1}, CallContext(event={"name": "a b"}, scope=object(), now_ms=5))

    before = look()
    with pytest.raises(JavaScriptError):
        engine.function(f"(value, context) => {{ {act} }}")({"n": 1}, CallContext(scope=object()))
    assert look() == before
    assert before[:4] == look()[:4]


def test_ordinary_code_still_assigns_to_its_own_objects() -> None:
    engine = JavaScriptEngine()
    for source, expected in (
        ("() => { const o = {}; o.toString = () => 'mine'; return `${o}` }", "mine"),
        (
            "() => { const o = {}; o.constructor = 1; o.hasOwnProperty = 2; return o }",
            {"constructor": 1, "hasOwnProperty": 2},
        ),
        ("() => { const e = new Error('a'); e.message = 'b'; e.name = 'N'; return `${e}` }", "N: b"),
        ("() => { class A { toString() { return 'A' } } return `${new A()}` }", "A"),
        ("() => { const a = [3, 1, 2]; a.push(0); a.sort(); a.length = 2; return a }", [0, 1]),
        ("() => (() => {}) instanceof Function && [] instanceof Object && new Date() instanceof Date", True),
    ):
        assert engine.function(source)(None, CallContext(scope=object())) == expected


def test_a_change_to_the_event_is_seen_within_the_plan_and_never_by_another() -> None:
    engine = JavaScriptEngine()
    change = engine.function("(value) => { value.data.total *= 2; value.user = { id: 'x' } }")
    read = engine.function("(value, context) => [context.event.data.total, context.event.user]")
    event = {"name": "a b", "data": {"total": 5}, "user": {}}
    first = CallContext(event=event, scope=object())
    change(event, first)
    assert read("item", first) == [10, {"id": "x"}]
    change(event, first)
    assert read("item", first) == [20, {"id": "x"}]
    assert read("item", CallContext(event=event, scope=object())) == [5, {}]
    assert event == {"name": "a b", "data": {"total": 5}, "user": {}}


def test_without_a_scope_every_call_is_a_plan_of_its_own() -> None:
    engine = JavaScriptEngine()
    event = {"n": 1}
    change = engine.function("(value) => ++value.n")
    assert [change(event, CallContext(event=event)) for _ in range(3)] == [2, 2, 2]


def test_an_item_is_one_object_for_the_functions_of_a_plan() -> None:
    engine = JavaScriptEngine()
    item = {"n": 1}
    context = CallContext(event={"items": [item]}, scope=object())
    change = engine.function("(value) => ++value.n")
    assert [change(item, context) for _ in range(2)] == [2, 3]


def test_an_event_that_a_policy_replaced_is_the_one_that_is_seen() -> None:
    engine = JavaScriptEngine()
    read = engine.function("(value, context) => [value.n, context.event.n]")
    scope = object()
    for n in (1, 2, 1):
        event = {"n": n}
        assert read(event, CallContext(event=event, scope=scope)) == [n, n]


def test_changes_to_mapping_consent_and_collector_do_not_outlive_the_plan() -> None:
    engine = JavaScriptEngine()
    touch = engine.function(
        "(v, c) => { c.mapping.seen = (c.mapping.seen ?? 0) + 1; c.consent.seen = (c.consent.seen ?? 0) + 1;"
        " c.collector.user.seen = (c.collector.user.seen ?? 0) + 1;"
        " return [c.mapping.seen, c.consent.seen, c.collector.user.seen] }"
    )
    mapping: dict[str, Any] = {}
    consent: dict[str, Any] = {}
    collector = CollectorView()

    def context(scope: object) -> CallContext:
        return CallContext(event={}, mapping=mapping, consent=consent, collector=collector, scope=scope)

    item = object()
    assert touch(1, context(item)) == [1, 1, 1]
    assert touch(1, context(item)) == [2, 2, 2]
    assert touch(1, context(object())) == [1, 1, 1]
    assert (mapping, consent, collector.user) == ({}, {}, {})


def test_each_mapping_consent_and_collector_is_shown_to_its_own_call() -> None:
    engine = JavaScriptEngine()
    read = engine.function("(v, c) => [c.mapping.n, c.consent.n, c.collector.user.n]")
    scope = object()
    for n in (1, 2, 1, 3):
        context = CallContext(
            event={}, mapping={"n": n}, consent={"n": n}, collector=CollectorView(user={"n": n}), scope=scope
        )
        assert read(1, context) == [n, n, n]


def test_many_threads_get_their_own_results() -> None:
    engine = JavaScriptEngine()
    double = engine.function("(value, context) => [value.n * 2, context.event.n]")

    def work(seed: int) -> bool:
        for n in range(seed, seed + 200):
            event = {"n": n}
            if double(event, CallContext(event=event, scope=object())) != [n * 2, n]:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(0, 8000, 200)))


def test_closing_from_another_thread_and_ending_threads_do_no_harm() -> None:
    engine = JavaScriptEngine()
    read = engine.function("(value) => value.n")
    used, closed = threading.Event(), threading.Event()
    results = []

    def work() -> None:
        results.append(read({"n": 1}, CallContext(scope=object())))
        used.set()
        closed.wait(10)
        results.append(read({"n": 2}, CallContext(scope=object())))

    thread = threading.Thread(target=work)
    thread.start()
    used.wait(10)
    engine.close()
    gc.collect()
    closed.set()
    thread.join()
    assert results == [1, 2]
    assert read({"n": 3}, CallContext(scope=object())) == 3
    engine.close()
    engine.close()


def test_the_memory_of_an_engine_is_given_back_without_waiting_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        engine = JavaScriptEngine()
        engine.function("(value) => value")({"n": 1}, CallContext(scope=object()))
        session = weakref.ref(engine._parser(engine._thread_state()))
        engine.close()
        assert session() is None
    finally:
        gc.enable()


def test_a_collector_that_cannot_be_shown_fails_every_time_in_the_same_words() -> None:
    engine = JavaScriptEngine()
    circle: dict[str, Any] = {}
    circle["self"] = circle
    context = CallContext(event={}, collector=CollectorView(custom=circle), scope=object())
    for _ in range(2):
        with pytest.raises(JavaScriptError, match="nested deeper"):
            engine.function("(value, context) => context.collector.user")(1, context)
