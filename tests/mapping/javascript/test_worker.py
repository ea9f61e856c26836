"""A function that no timer inside the engine can stop is ended by force, and no process is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.mapping.context import CallContext, CollectorView
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError, JavaScriptLimitError, Limits
from hubspot_dest.mapping.javascript.account import CostAccount
from hubspot_dest.mapping.javascript.engine import JavaScriptFunction
from hubspot_dest.mapping.javascript.screening import is_bounded
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.values import Callbacks
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import Planner
from tests import warm
from tests.mapping.javascript.hostile import HOSTILE, SAMPLE

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

STUCK = HOSTILE["typed: Float64Array fill"]
# A loop of the kind that the check of the text does not trust, and that ends.
COUNTED = "(v) => { let n = 0; while (n < v) n++; return n }"


def call(function: JavaScriptFunction, value: Any = None, scope: object = None) -> Any:
    return function(value, CallContext(event={"n": 1}, scope=scope or object()))


def children(parent: int | None = None) -> set[int]:
    """Return the worker processes of a process, this one by default."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            state, ancestor = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            ours = int(ancestor) == (parent or os.getpid()) and state != "Z"
            if ours and b"javascript.worker" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def alive(process: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def processor_time() -> float:
    """Return the seconds of this process and of all children that have ended."""
    return sum(os.times()[:4])


def wait_until(condition: Any, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_a_call_that_is_stuck_in_one_built_in_ends_soon_after_its_limit() -> None:
    engine = JavaScriptEngine(Limits(seconds=0.05))
    stuck = engine.function(STUCK)
    started = time.process_time(), os.times().children_user
    with pytest.raises(JavaScriptLimitError, match=r"longer than 0\.05 seconds and was ended by force"):
        call(stuck)
    assert time.process_time() - started[0] < 0.5
    assert call(engine.function(COUNTED), 5) == 5
    assert os.times().children_user - started[1] < 0.5


def planned(planner: Planner, n: int) -> Plan:
    event = {
        "name": "order complete",
        "entity": "order",
        "action": "complete",
        "data": {"n": n},
        "user": {"email": "a@b.co"},
    }
    return planner.plan(event, CollectorView(), 1_750_000_000_000)


def configured(hostile: str, limits: Limits | None = None, **settings: Any) -> Planner:
    entries = {"hostile": {"fn": f"$code:{hostile}"}, "honest": {"fn": "$code:(v) => v.data.n * 2"}}
    rule = {"settings": {"properties": {"map": entries}}}
    config = {"settings": {"eventNamePrefix": "pe1_", **settings}, "mapping": {"order": {"complete": rule}}}
    return Planner(config, callbacks=None if limits is None else Callbacks(JavaScriptEngine(limits)))


def errors(plan: Plan) -> list[str]:
    return [issue.detail["error"]["message"] for issue in plan.issues if issue.level == "ERROR"]


def test_a_function_is_switched_off_after_three_overruns_and_every_event_says_so() -> None:
    planner = configured("() => { for (;;); }")
    for n in range(6):
        plan = planned(planner, n)
        assert plan.occurrence is not None
        assert plan.occurrence["properties"]["honest"] == str(n * 2)
        [message] = errors(plan)
        assert ("longer than 0.25 seconds" if n < 3 else "switched off: it overran its limit") in message


def test_how_often_a_function_may_overrun_is_a_setting() -> None:
    planner = configured("() => { for (;;); }", codeOverruns=1)
    assert "longer than 0.25 seconds" in errors(planned(planner, 1))[0]
    assert "overran its limit of 0.25 seconds once" in errors(planned(planner, 2))[0]
    with pytest.raises(ConfigError, match="codeOverruns"):
        Config.strict({"settings": {"codeOverruns": -1}}, token="t")


def test_without_a_bound_on_overruns_a_function_is_never_switched_off() -> None:
    engine = JavaScriptEngine(Limits(seconds=0.01, overruns=0))
    endless = engine.function("() => { for (;;); }")
    for _ in range(5):
        with pytest.raises(JavaScriptLimitError, match="longer than"):
            call(endless)


def test_calls_below_the_limit_add_up() -> None:
    engine = JavaScriptEngine(Limits(seconds=0.05))
    steady = engine.function("() => { let n = 0; for (let m = 0; m < 2e5; m++) n += m; return n }")
    kinds = []
    for _ in range(200):
        try:
            call(steady)
        except JavaScriptLimitError as error:
            kinds.append(error.kind)
    assert kinds
    assert set(kinds) == {"off"}


def test_what_an_honest_function_costs_is_forgotten() -> None:
    account = CostAccount(Limits())
    for plan in range(1, 1001):
        account.calls += 1
        if plan % 100 == 0:
            account.charge(0.04, plan)
    assert not account.off
    for plan in range(1001, 2001):
        account.calls += 1
        account.charge(0.004, plan)
    assert account.off


def test_a_function_over_many_items_of_one_event_is_charged_for_each() -> None:
    account = CostAccount(Limits())
    for _ in range(1000):
        account.calls += 1
        account.charge(0.0011, 1)
    assert account.off


@pytest.mark.parametrize("name", SAMPLE)
def test_a_hostile_function_costs_little_and_the_rules_beside_it_stay_right(name: str) -> None:
    before = processor_time()
    planner = configured(HOSTILE[name], Limits(seconds=0.05))
    for n in range(300):
        plan = planned(planner, n)
        assert plan.occurrence is not None
        assert plan.occurrence["properties"]["honest"] == str(n * 2)
        assert errors(plan) or "hostile" in plan.occurrence["properties"]
    del planner
    assert processor_time() - before < 3


def test_honest_functions_start_no_process() -> None:
    engine = JavaScriptEngine()
    before = children()
    for source in HONEST:
        assert is_bounded(source), source
        call(engine.function(source), {"data": {"total": 5}, "nested": []})
    assert not children() - before
    assert call(engine.function(COUNTED), 3) == 3
    assert len(children() - before) == 1


def test_a_process_ends_with_its_engine_and_with_its_thread() -> None:
    before = children()
    engine = JavaScriptEngine()
    counted = engine.function(COUNTED)
    thread = threading.Thread(target=call, args=(counted, 2))
    thread.start()
    thread.join()
    assert wait_until(lambda: not children() - before)
    assert call(counted, 2) == 2
    engine.close()
    assert wait_until(lambda: not children() - before)
    assert call(counted, 2) == 2
    del engine, counted
    assert wait_until(lambda: not children() - before)


PARENT = f"""
import os, sys, threading
from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError, Limits

engine = JavaScriptEngine(Limits(seconds=float(sys.argv[1])))
counted = engine.function({COUNTED!r})
assert counted(3, CallContext(scope=object())) == 3
print("ready", flush=True)
sys.stdin.readline()
if sys.argv[2] == "stuck":
    print("calling", flush=True)
    engine.function({STUCK!r})(None, CallContext(scope=object()))
elif sys.argv[2] == "idle":
    threading.Event().wait()
"""


@pytest.mark.parametrize(("state", "seconds"), [("idle", 0.25), ("stuck", 1)])
def test_a_parent_that_is_killed_leaves_no_process_behind(state: str, seconds: float) -> None:
    with warm.Popen(
        [sys.executable, "-c", PARENT, str(seconds), state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        assert parent.stdout.readline() == "ready\n"
        [worker] = children(parent.pid)
        print(file=parent.stdin, flush=True)
        if state == "stuck":
            assert parent.stdout.readline() == "calling\n"
        parent.kill()
    assert wait_until(lambda: not alive(worker))


def test_a_program_that_ends_leaves_no_process_and_no_warning() -> None:
    with warm.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", PARENT, "0.25", "end"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        parent.stdout.readline()
        [worker] = children(parent.pid)
        _, complaints = parent.communicate("\n", timeout=60)
    assert (parent.returncode, complaints) == (0, "")
    assert wait_until(lambda: not alive(worker))


def test_a_forked_child_gets_a_process_of_its_own_and_the_parent_keeps_its() -> None:
    engine = JavaScriptEngine(Limits(seconds=0.05))
    counted, stuck = engine.function(COUNTED), engine.function(STUCK)
    assert call(counted, 2) == 2
    before = children()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads: that is the point
        child = os.fork()
    if child == 0:
        try:
            call(stuck)
        except JavaScriptLimitError:
            os._exit(0 if call(counted, 4) == 4 else 2)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert call(counted, 5) == 5
    assert not children() - before


def test_threads_do_not_pay_for_each_other() -> None:
    engine = JavaScriptEngine(Limits(seconds=0.05, overruns=0))
    counted, stuck = engine.function(COUNTED), engine.function(STUCK)
    wrong: list[Any] = []

    def honest() -> None:
        for n in range(200):
            if (result := call(counted, n)) != n:
                wrong.append(result)

    def hostile() -> None:
        for _ in range(3):
            with contextlib.suppress(JavaScriptLimitError):
                wrong.append(call(stuck))

    threads = [threading.Thread(target=target) for target in (honest, hostile, honest)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_other_threads_use_is_not_charged_to_a_function() -> None:
    engine = JavaScriptEngine(Limits(seconds=0.1, overruns=1))
    loops = "for (const a of l) for (const b of l) for (const c of l) n += 1;"
    source = f"(v) => {{ let n = 0; const l = [...'a'.repeat(67)]; {loops} return n }}"
    honest = engine.function(source)
    assert is_bounded(source)
    done = threading.Event()

    def burn() -> None:
        while not done.is_set():
            hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2000)  # without the interpreter's lock

    threads = [threading.Thread(target=burn) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        assert [call(honest) for _ in range(5)] == [67**3] * 5
    finally:
        done.set()
        for thread in threads:
            thread.join()


async def test_functions_run_inside_an_event_loop() -> None:
    engine = JavaScriptEngine()
    counted = engine.function(COUNTED)

    other = await asyncio.to_thread(call, counted, 7)
    assert [call(counted, 6), other] == [6, 7]


def test_a_process_that_somebody_ended_is_replaced() -> None:
    engine = JavaScriptEngine()
    counted = engine.function(COUNTED)
    before = children()
    assert call(counted, 1) == 1
    [worker] = children() - before
    os.kill(worker, signal.SIGKILL)
    assert wait_until(lambda: not alive(worker))
    assert call(counted, 2) == 2


def test_ctrl_c_in_a_terminal_does_not_reach_the_process() -> None:
    engine = JavaScriptEngine()
    before = children()
    counted = engine.function(COUNTED)
    assert call(counted, 1) == 1
    [worker] = children() - before
    os.kill(worker, signal.SIGINT)
    os.kill(worker, signal.SIGTERM)
    assert call(counted, 2) == 2
    assert os.getpgid(worker) != os.getpgid(0)


@pytest.mark.parametrize("failure", ["refused", "broken"])
def test_without_a_process_functions_run_here_and_say_so(
    monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    if failure == "refused":
        monkeypatch.setattr(subprocess, "Popen", refuse)
    else:
        monkeypatch.setattr(sys, "path", ["/nowhere"])
    planner = configured(COUNTED.replace("< v", "< v.data.n"))
    for n in (5, 6):
        plan = planned(planner, n)
        assert plan.occurrence is not None
        assert plan.occurrence["properties"]["hostile"] == str(n)
        said = [issue.message for issue in plan.issues if "could not be started" in issue.message]
        assert len(said) == (n == 5)


def test_functions_of_one_plan_share_the_event_wherever_they_run() -> None:
    engine = JavaScriptEngine()
    change = engine.function("(value) => { while (value.n < 5) value.n++; value.more = NaN }")
    read = engine.function("(value, context) => [context.event.n, value.n, context.event.more]")
    assert not is_bounded(change.source)
    assert is_bounded(read.source)
    event = {"n": 1}
    context = CallContext(event=event, scope=object())
    assert read(event, context)[:2] == [1, 1]
    change(event, context)
    assert str(read(event, context)) == "[5, 5, nan]"
    assert read(event, CallContext(event=event, scope=object()))[:2] == [1, 1]


def test_what_a_function_needs_more_memory_for_is_done_by_the_worker() -> None:
    engine = JavaScriptEngine()
    long = engine.function("(v) => v.text.repeat(3).length")
    assert is_bounded(long.source)
    assert call(long, {"text": "x" * 1_000_000}) == 3_000_000
    assert call(engine.function("(v) => v.n"), {"n": 1}) == 1


def test_a_function_that_catches_what_stops_it_has_all_the_memory_that_it_may_use() -> None:
    engine = JavaScriptEngine()
    caught = engine.function(
        "(v) => { try { return v.text.repeat(3).length } catch { return 'too little' } }"
    )
    assert call(caught, {"text": "x" * 1_000_000}) == 3_000_000


@pytest.mark.parametrize(
    "value", [None, True, 1, -0.0, 2**40, 1e308, "a\0b", "\ud800", "ü", [1, None], {"a": {"b": [UNDEFINED]}}]
)
def test_every_value_crosses_to_the_worker_as_it_does_here(value: Any) -> None:
    engine = JavaScriptEngine()
    here = engine.function("(v) => [v, 1 / v]")
    there = engine.function("(v) => { while (false); return [v, 1 / v] }")
    bare = engine.function("(v) => { while (false); return v }")
    assert is_bounded(here.source)
    assert not is_bounded(there.source)
    assert repr(call(there, value)) == repr(call(here, value))
    assert repr(call(bare, value)) == repr(call(engine.function("(v) => v"), value))
    assert repr(call(engine.function("() => { while (false); return -Infinity }"))) == "-inf"


def test_what_a_function_logs_and_throws_in_the_worker_arrives() -> None:
    said: list[Any] = []

    class Recorder:
        def error(self, *words: Any) -> None:
            said.append(words)

        warn = info = debug = error

    engine = JavaScriptEngine()
    for source, name in (
        ("(v, c) => { while (false); c.logger.warn('first', { n: 1 }); null.x }", "TypeError"),
        ("(v, c) => { c.logger.info('before'); for (;;); }", "InternalError"),
    ):
        with pytest.raises(JavaScriptError) as error:
            engine.function(source)(None, CallContext(logger=Recorder(), scope=object()))
        assert error.value.name == name
    assert said == [("first", {"n": 1}), ("before",)]


NOT_TRUSTED = [
    "() => { for (;;); }",
    "(v) => { v.x = 1 }",
    "(v) => { v.list.sort() }",
    "(v) => { v['x'] = 1 }",
    "(v) => v.n++",
    "(v) => ++v.n",
    "(v) => delete v.x",
    "() => new Float64Array(1e6).fill(1)",
    "(() => { for (;;); })()",
    "() => { const F = Array; return F(1e9) }",
    "(v) => v['constructor']",
    "(v) => v.list[0].push(1)",
    "(v) => { const x = v.list; x.push(1) }",
    "(v) => { const x = [] && v.list; x.push(1) }",
    "(v) => { let x = []; x = v.list; x.push(1) }",
    "(v) => { const out = []; v.list.map((out) => out.push(1)) }",
    "(v) => { ({ a: v.x } = v) }",
    "(v) => { [v.x] = [1] }",
    "((n) => () => ++n)(0)",
    "() => 2n ** 100n",
    "(v) => v.f`x`",
    "(v) => { for (v.x of [1]); }",
    "(v) => Object.assign(v, {})",
    "() => { class A {} }",
    "() => { function* g() {} }",
    "(v) => v.list[0]()",
    "() => \\u0041rray(5)",
    "() => `unfinished",
    "(v) => { try { return JSON.parse(v.data.raw).x } catch (e) { return e.message } }",
]


@pytest.mark.parametrize("source", NOT_TRUSTED)
def test_what_changes_its_input_or_may_run_long_is_not_run_in_this_process(source: str) -> None:
    assert not is_bounded(source)


HONEST = [
    '(v) => (v.nested ?? []).map((p) => p.data.name).join(", ")',
    "(v) => [...v.nested].sort((a, b) => b.data.price - a.data.price)[0]?.data.name",
    "(v) => { let sum = 0; for (const item of v.nested) sum += item.data.price * item.data.quantity; return sum }",
    "function (value) { return value.data.total.toFixed(2).trim() }",
    '(v) => `${v.data.first ?? ""} ${v.data.last ?? `${v.data.total}`}`.trim()',
    "(v) => { const m = /utm_source=([^&]+)/.exec(v.data.url ?? ''); return m ? decodeURIComponent(m[1]) : undefined }",
    "(v) => { const out = {}; for (const p of v.nested) { out[p.entity] = (out[p.entity] ?? 0) + 1 } return out }",
    "(v) => { const out = []; v.nested.forEach((p) => { out.push(p.data.id) }); return out.join() }",
    "({ data: { total = 0 } = {} }) => total * 1.19",
    "(v, { consent }) => consent?.marketing === true",
    "(v) => { switch (v.data.tier) { case 'gold': return 3; default: return 1 } }",
    "(v) => { const clean = (s) => s.trim().toLowerCase(); return clean('A ' + v.data.total / 2) }",
    "(v) => { const c = new Map(); for (const p of v.nested) c.set(p.id, (c.get(p.id) || 0) + 1); return c.size }",
    "(v) => 'a b'.replace(/ (\\w)/g, (_, c) => c.toUpperCase())",
]


@pytest.mark.parametrize("source", HONEST)
def test_what_people_write_runs_in_this_process(source: str) -> None:
    assert is_bounded(source)


def test_a_long_function_is_read_with_all_the_memory_that_it_may_use() -> None:
    table = ", ".join([f"k{number}: 'value {number}'" for number in range(20_000)])
    engine = JavaScriptEngine()
    assert call(engine.function(f"(v) => ({{ {table} }})[v]"), "k19999") == "value 19999"
