"""Measure what `$code:` functions cost: `python benchmarks/javascript.py`."""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import orjson

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine

ROUNDS = 7
CALLS = 3000

EVENT: dict[str, Any] = {
    "name": "order complete",
    "data": {"id": "0rd3r1d", "currency": "EUR", "shipping": 5.22, "taxes": 73.76, "total": 555},
    "context": {"shopping": ["complete", 0]},
    "globals": {"pagegroup": "shop"},
    "custom": {"completely": "random"},
    "user": {"id": "us3r", "device": "c00k13", "session": "s3ss10n", "email": "user@example.com"},
    "nested": [
        {
            "entity": "product",
            "data": {"id": code, "name": name, "color": "black", "size": "l", "price": price, "quantity": 2},
            "nested": [],
            "context": {"shopping": ["complete", 0]},
        }
        for code, name, price in (("ers", "Everyday Ruck Snack", 420), ("cc", "Cool Cap", 42))
    ],
    "consent": {"functional": True, "marketing": True},
    "id": "9f1c0f6a3b2d4e5f",
    "trigger": "load",
    "entity": "order",
    "action": "complete",
    "timestamp": 1750000000000,
    "timing": 3.14,
    "source": {
        "type": "browser",
        "platform": "web",
        "schema": "4",
        "count": 1,
        "url": "https://shop.example.com/checkout/complete?utm_source=newsletter",
        "referrer": "https://shop.example.com/checkout",
        "trace": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    },
}

ONE = "(value) => value.data.total * 2"
# The same work, but a loop whose end cannot be seen from the text: it runs in the worker process.
WORKER = "(value) => { let n = 0; while (n < 2) n++; return value.data.total * n }"
HASH = (
    "async (v) => Buffer.from(await crypto.subtle.digest('SHA-256', "
    "new TextEncoder().encode(v.user.email.trim().toLowerCase()))).toString('hex')"
)
MONEY = "(v) => v.data.total.toLocaleString('en-US', { style: 'currency', currency: 'EUR' })"
UTM = "(v) => new URL(v.source.url).searchParams.get('utm_source')"
Step = Callable[[], Any]


def plans(sources: list[str]) -> Step:
    """Return a step that plays one plan: a new scope, and one call of each function with the event."""
    engine = JavaScriptEngine()
    functions = [engine.function(source) for source in sources]

    def step() -> None:
        context = CallContext(event=EVENT, scope=object(), consent=EVENT["consent"])
        for function in functions:
            function(EVENT, context)

    return step


def measure(name: str, step: Step, calls: int = CALLS) -> float:
    """Print min, median and max over the rounds, in microseconds per step; return the median."""
    figures = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(calls):
            step()
        figures.append((time.perf_counter() - started) / calls * 1e6)
    median = statistics.median(figures)
    print(f"{name:<58}{min(figures):>9.1f}{median:>9.1f}{max(figures):>9.1f}")
    return median


def main() -> None:
    """Print the machine, the versions and all figures."""
    print(f"machine   {platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    print(f"versions  quickjs-ng {version('quickjs-ng')}, orjson {version('orjson')}")
    print(f"command   python {' '.join(sys.argv)}")
    print(f"event     {len(orjson.dumps(EVENT))} bytes of JSON\n")
    print(f"{'microseconds':<58}{'min':>9}{'median':>9}{'max':>9}")
    first = measure("a plan with one function", plans([ONE]))
    six = measure("a plan with six functions", plans([ONE] * 6))
    print(f"{'  each further function':<58}{(six - first) / 5:>18.1f}")
    first_there = measure("a plan with one function in the worker", plans([WORKER]))
    six_there = measure("a plan with six functions in the worker", plans([WORKER] * 6))
    print(f"{'  each further function in the worker':<58}{(six_there - first_there) / 5:>18.1f}")
    measure("one function that hashes an e-mail", plans([HASH]), 500)
    measure("one function that formats money", plans([MONEY]), 500)
    measure("one function that reads a UTM parameter", plans([UTM]), 500)
    measure(
        "one function that reads context.consent", plans(["(value, context) => context.consent.marketing"])
    )
    measure("one function that reads context.collector", plans(["(v, context) => context.collector.user"]))
    measure("one async function", plans(["async (value) => value.data.total * 2"]))
    measure("one function that returns the whole event", plans(["(value) => value"]))
    measure("one function that catches an error", plans(["(value) => { try { null.x } catch { return 1 } }"]))
    engine = JavaScriptEngine()
    measure("compiling a function", lambda: engine.function(ONE), 500)
    measure("a new context with one function and one call", lambda: plans([ONE])(), 30)
    measure("a new worker with one function and one call", lambda: plans([WORKER])(), 10)


if __name__ == "__main__":
    main()
