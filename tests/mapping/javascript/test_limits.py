"""Whatever a function does, its call ends within its limits, the process lives, and the next call works."""

from __future__ import annotations

import os
import threading
import time
import warnings
from typing import Any

import pytest

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError, JavaScriptLimitError, Limits

LIMITS = Limits(seconds=0.05, memory_bytes=16 * 1024 * 1024)

TOO_LONG = {
    "endless loop": "() => { for (;;); }",
    "loop that swallows exceptions": "() => { for (;;) { try { for (;;); } catch {} finally { continue } } }",
    "catastrophic expression": "() => /(a+)+$/.test('a'.repeat(40) + 'b')",
    "endless loop after await": "async () => { await 1; for (;;); }",
    "endless chain of promises": "() => { const next = () => Promise.resolve().then(next); next(); return 1 }",
    "endless microtasks": "() => { const next = () => queueMicrotask(next); next(); return 1 }",
    "endless thenable": "() => { const again = { then(resolve) { resolve(again) } }; return again }",
    "getter of the result": "() => ({ get a() { for (;;); } })",
    "name tag of the result": "() => ({ get [Symbol.toStringTag]() { for (;;); } })",
    "message of the error": "() => { throw { get message() { for (;;); } } }",
    "conversion": "() => '' + { toString() { for (;;); } }",
    "generator": "() => { function* g() { for (;;) yield 1 } for (const _ of g()); }",
    "list of holes": "() => { const list = []; list.length = 2 ** 32 - 1; list.forEach(() => 0) }",
    "flattening what repeats itself": "() => { let a = []; for (let n = 0; n < 60; n++) a = [a, a]; a.flat(Infinity) }",
    "stringifying what repeats itself": (
        "() => { let a = {}; for (let n = 0; n < 60; n++) a = { a, b: a }; JSON.stringify(a) }"
    ),
    "loop of slow built-ins": "() => { const list = new Array(3e5).fill(1); for (;;) list.slice() }",
    "loop of slow searches": "() => { const text = 'a'.repeat(1e6); for (;;) text.indexOf('b') }",
    "while it is being read": "(() => { for (;;); })()",
}
TOO_BIG = {
    "huge list": "() => { const list = []; for (;;) list.push('x'.repeat(1000) + list.length) }",
    "huge text": "() => 'a'.repeat(2 ** 29)",
    "huge pieces": "() => 'a'.repeat(8e6).split('')",
    "caught and returned": "() => { let s = 'a'; for (let n = 0; n < 29; n++) s += s; return s }",
    "huge result text": "() => 'a'.repeat(6e6)",
    "result of many parts": "() => new Array(3e5).fill(0)",
    "result of holes": "() => { const list = []; list.length = 2 ** 32 - 1; return list }",
    "result that repeats itself": "() => { let a = {}; for (let n = 0; n < 60; n++) a = { a, b: a }; return a }",
    "log messages": "(v, context) => { for (;;) context.logger.info('m', { text: 'x'.repeat(1e6) }) }",
}
TOO_DEEP = {
    "recursion": "() => { const f = () => f() + 1; return f() }",
    "deep result": "() => { let a = {}; for (let n = 0; n < 2000; n++) a = { a }; return a }",
    "circular result": "() => { const a = {}; a.a = a; return a }",
    "deep text": "() => JSON.parse('['.repeat(1e6))",
    "deep clone": "() => { let a = {}; for (let n = 0; n < 2e4; n++) a = { a }; return structuredClone(a) }",
}
CASES = [
    *(("time", name, source) for name, source in TOO_LONG.items()),
    *(("memory", name, source) for name, source in TOO_BIG.items()),
    *(("stack", name, source) for name, source in TOO_DEEP.items()),
]


@pytest.fixture(scope="module")
def engine() -> JavaScriptEngine:
    return JavaScriptEngine(LIMITS)


@pytest.mark.parametrize(("kind", "name", "source"), CASES, ids=[case[1] for case in CASES])
def test_a_hostile_function_ends_and_its_neighbour_goes_on(
    engine: JavaScriptEngine, kind: str, name: str, source: str
) -> None:
    hostile = engine.function(source)
    neighbour = engine.function("(value, context) => value.n + context.event.n")
    context = CallContext(event={"n": 20}, scope=object())
    assert neighbour(context.event, context) == 40
    for _ in range(2):
        with pytest.raises(JavaScriptLimitError) as error:
            hostile(context.event, context)
        # Building that took too long, or the other way round, is no matter; that it ended is.
        assert error.value.kind in ({kind, "time"} if kind == "memory" else {kind})
        assert neighbour(context.event, context) == 40
    assert neighbour({"n": 1}, CallContext(event={"n": 2}, scope=object())) == 3


REFUSED = {
    "join": "() => { const a = []; a.length = 2 ** 32 - 1; a.join('') }",
    "reverse": "() => { const a = []; a.length = 2 ** 32 - 1; a.reverse() }",
    "sort": "() => { const a = []; a.length = 2 ** 32 - 1; a.sort() }",
    "concat": "() => { const a = []; a.length = 2 ** 32 - 1; [].concat(a) }",
    "copyWithin": "() => Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 0, 1)",
    "unshift": "() => Array.prototype.unshift.call({ length: 2 ** 53 - 2 }, 0)",
    "computed length": "() => { let n = 1; [].join.call({ get length() { return n *= 2 ** 20 } }) }",
    "spreadable": "() => [].concat({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true })",
    "drop": "() => { const a = []; a.length = 2 ** 32 - 1; a.values().drop(2 ** 31).next() }",
    "raw": "() => String.raw({ raw: { length: 2 ** 53 - 1 } })",
    "search": "() => 'a'.repeat(2e6).indexOf('a'.repeat(1e6) + 'b')",
    "split": "() => 'a'.repeat(2e6).split('a'.repeat(1e6) + 'b')",
    "replaceAll": "() => 'a'.repeat(2e6).replaceAll({ toString: () => 'a'.repeat(1e6) + 'b' }, '')",
    "normalize": "() => ('a' + '\\u0301\\u0316'.repeat(1e5)).normalize()",
}


@pytest.mark.parametrize("source", list(REFUSED.values()), ids=list(REFUSED))
def test_a_built_in_that_would_never_look_at_the_clock_is_refused(
    engine: JavaScriptEngine, source: str
) -> None:
    with pytest.raises(JavaScriptError) as error:
        engine.function(source)({}, CallContext(scope=object()))
    assert error.value.name in {"RangeError", "TypeError", "InternalError"}


def test_memory_is_given_back_after_a_function_that_took_all() -> None:
    engine = JavaScriptEngine(LIMITS)
    hoarder = engine.function("((kept) => (v) => { for (;;) kept.push('x'.repeat(1e5) + v) })([])")
    for _ in range(20):
        with pytest.raises(JavaScriptLimitError):
            hoarder(1, CallContext(scope=object()))
    assert engine.function("() => 'x'.repeat(4e6).length")(1, CallContext(scope=object())) == 4_000_000


def test_a_function_that_hoards_slowly_does_not_starve_its_neighbours() -> None:
    engine = JavaScriptEngine(Limits(memory_bytes=4 * 1024 * 1024))
    hoarder = engine.function("((kept) => (v) => kept.push('x'.repeat(4000) + kept.length))([])")
    neighbour = engine.function("() => 'x'.repeat(1e5).length")
    failures = 0
    for _ in range(3000):
        context = CallContext(scope=object())
        try:
            hoarder(1, context)
        except JavaScriptLimitError:
            failures += 1
        assert neighbour(1, context) == 100_000
    assert failures < 10


def test_a_promise_that_nothing_wakes_is_an_error_at_once(engine: JavaScriptEngine) -> None:
    with pytest.raises(JavaScriptError, match="never settles"):
        engine.function("() => new Promise(() => {})")({}, CallContext(scope=object()))


def test_work_left_behind_by_one_function_is_not_billed_to_the_next(engine: JavaScriptEngine) -> None:
    leaver = engine.function("() => { Promise.resolve().then(() => { for (;;); }); return 1 }")
    with pytest.raises(JavaScriptLimitError):
        leaver(1, CallContext(scope=object()))
    assert engine.function("async (v) => v")(2, CallContext(scope=object())) == 2


def test_the_limit_on_time_is_kept_roughly(engine: JavaScriptEngine) -> None:
    started = time.process_time()
    with pytest.raises(JavaScriptLimitError, match=r"0\.05 seconds"):
        engine.function("() => { for (;;); }")({}, CallContext(scope=object()))
    assert time.process_time() - started < 5


def test_a_call_far_down_the_stack_works_like_any_other() -> None:
    engine = JavaScriptEngine(Limits(stack_bytes=64 * 1024))
    function = engine.function("(value) => value.n + 1")
    assert function({"n": 1}, CallContext(scope=object())) == 2

    class Deep:
        """Sorting calls back from C: each level takes stack of the thread, as a plain Python call would not."""

        def __init__(self, level: int) -> None:
            self.level = level

        def __lt__(self, other: Any) -> bool:
            descend(self.level)
            return False

    results = []

    def descend(level: int) -> None:
        if level == 0:
            results.append(function({"n": 41}, CallContext(scope=object())))
        else:
            sorted([Deep(level - 1), Deep(level - 1)])

    descend(150)
    assert results == [42]
    assert function({"n": 1}, CallContext(scope=object())) == 2


SLOW_OPERATORS = {
    "copying a list": "() => { const a = new Array(1e5).fill(1); for (;;) [...a] }",
    "copying a map": "() => { const o = {}; for (let n = 0; n < 3e4; n++) o['k' + n] = n; for (;;) ({ ...o }) }",
    "catching what stops it": "() => { const a = new Array(1e5).fill(1); for (;;) { try { [...a] } catch {} } }",
    "printing a huge integer": "() => { const n = 2n ** 100000n; for (;;) `${n}` }",
}


@pytest.mark.parametrize("source", list(SLOW_OPERATORS.values()), ids=list(SLOW_OPERATORS))
def test_a_loop_of_slow_operators_is_stopped_from_outside(engine: JavaScriptEngine, source: str) -> None:
    context = CallContext(event={"n": 1}, scope=object())
    with pytest.raises(JavaScriptLimitError) as error:
        engine.function(source)(context.event, context)
    assert error.value.kind == "time"
    assert engine.function("(v) => [...'ab', v.n]")(context.event, context) == ["a", "b", 1]


def test_a_context_that_is_full_is_replaced_between_plans_and_never_within_one() -> None:
    engine = JavaScriptEngine(Limits(memory_bytes=2 * 1024 * 1024))
    hoarder = engine.function("((kept) => () => kept.push('x'.repeat(500) + kept.length))([])")
    change = engine.function("(value) => ++value.n")
    kept = []
    for _ in range(4000):
        context = CallContext(event={"n": 0}, scope=object())
        assert change(context.event, context) == 1
        kept.append(hoarder(1, context))
        assert [change(context.event, context) for _ in range(2)] == [2, 3]
    assert max(kept) < 4000


def test_compiling_far_down_the_stack_and_without_end_is_told_apart() -> None:
    engine = JavaScriptEngine()
    with pytest.raises(JavaScriptLimitError, match="call stack"):
        engine.function("(v) => " + "(" * 100_000 + "v" + ")" * 100_000)
    assert engine.function("(v) => v")(1, CallContext()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a platform without fork")
def test_a_forked_worker_keeps_its_functions_and_their_limits() -> None:
    engine = JavaScriptEngine(LIMITS)
    double = engine.function("(value) => value * 2")
    slow = engine.function(SLOW_OPERATORS["copying a list"])
    assert double(1, CallContext(scope=object())) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads: that is the point
        child = os.fork()
    if child == 0:
        try:
            slow(1, CallContext(scope=object()))
        except JavaScriptLimitError as error:
            os._exit(0 if error.kind == "time" and double(4, CallContext(scope=object())) == 8 else 2)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_closing_an_engine_in_use_disturbs_no_thread() -> None:
    engine = JavaScriptEngine()
    length = engine.function("(value) => [value.n, async () => 1, new Map([[value, value]])].length")
    wrong: list[object] = []

    def work() -> None:
        for _ in range(100):
            answer = length({"n": 1}, CallContext(scope=object()))
            if answer != 3:
                wrong.append(answer)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        engine.close()
        threads[0].join(0.002)
    assert wrong == []
