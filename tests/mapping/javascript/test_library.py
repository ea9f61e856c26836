"""What people write works as in Node, what production lacks is an error, and nobody pays for what is not named."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import pytest

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError
from hubspot_dest.mapping.javascript.library import scripts_for
from hubspot_dest.mapping.jsvalues import JsTypeError, to_string
from tests import warm
from tests.mapping.javascript.everyday import EVERYDAY, outcome

ENGINE = JavaScriptEngine()


def run(source: str, event: Any = None, scope: object = None) -> Any:
    event = {"name": "a b"} if event is None else event
    return ENGINE.function(source)(event, CallContext(event=event, scope=scope or object(), now_ms=5))


@pytest.mark.parametrize("source", list(EVERYDAY))
def test_an_everyday_function_gives_what_node_gives(source: str) -> None:
    assert outcome(ENGINE, source) == EVERYDAY[source]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("() => crypto.createHash('sha256')", r'Web Crypto, without createHash; for a hash: await crypto\.subtle'),
        ("() => crypto.randomBytes(8)", "crypto.randomBytes is not a function"),
        ("async () => crypto.subtle.digest('SHA-512', new Uint8Array(1))", "has SHA-256 and SHA-1 in this engine"),
        ("() => crypto.subtle.sign()", "digest is"),
        ("() => (1).toLocaleString('de-DE')", "locale de-DE is not available in this engine: .* en-US"),
        ("() => new Date(0).toLocaleDateString(['fr', 'en-US'])", "locale fr is not available"),
        ("() => 'a'.localeCompare('b', 'sv')", "locale sv is not available"),
        ("() => new Intl.NumberFormat('en-US', { style: 'unit', unit: 'liter' })", "is not available"),
        ("() => new Intl.DisplayNames('en-US', {})", r"Intl\.DisplayNames is not available"),
        ("() => 'i'.toLocaleUpperCase('tr')", "is not available in this engine for the locale tr"),
        ("(v) => ['a', 'ก'].sort((x, y) => x.localeCompare(y))", "the order of .* is not available"),
        ("(v, c) => new Date(0).toLocaleString('en-US', { timeZone: c.event.zone })", "write its name as a text"),
        ("() => new TextDecoder('utf-16')", "is not available"),
        ("() => Buffer.from('a', 'utf16le')", "is not available"),
        ("() => Buffer.from('a').readUInt32LE(0)", "is not available"),
        ("() => globalThis['U' + 'RL']", "only where the text of the function names it"),
        ("() => (1)['toLocale' + 'String']()", "only where the text of the function names it"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_an_error_that_says_what_is(source: str, sentence: str) -> None:
    event = {"zone": "Europe/Berlin"}
    function = JavaScriptEngine().function(source)  # its own context: what a neighbour named is there for all
    with pytest.raises(JavaScriptError) as error:
        function(event, CallContext(event=event, scope=object()))
    assert re.search(sentence, error.value.message)


def test_a_function_gets_only_what_it_names() -> None:
    assert scripts_for("(v) => v.data.total") == []
    assert scripts_for("(v) => new URL(v.url)") == ["encoding", "url"]
    assert scripts_for("(v) => v.n.toLocaleString()") == ["intl"]
    assert scripts_for("(v) => v.curl + v.myURLs") == []


def test_an_identifier_is_new_for_every_event_and_the_same_for_the_same_event() -> None:
    make = "() => [crypto.randomUUID(), crypto.randomUUID()]"
    item, again, other = (run(make, {"name": "a b", "n": n}) for n in (1, 1, 2))
    assert item == again
    assert len({*item, *other}) == 4


def test_time_within_a_plan_does_not_depend_on_the_machine() -> None:
    assert run("() => [performance.now(), performance.now(), performance.timeOrigin]") == [0.001, 0.002, 5]


@pytest.mark.parametrize(
    "act",
    [
        "URL.prototype.toString = () => 'x'",
        "URL.parse = null",
        "Intl.NumberFormat = null",
        "Intl.NumberFormat.prototype.format = null",
        "Buffer.prototype.toString = null",
        "crypto.subtle.digest = null",
        "TextEncoder.prototype.encode = null",
        "Object.getPrototypeOf(new URLSearchParams().entries()).next = null",
        "performance.now = null",
        "console.table = 1",
        "URL = null",
    ],
)
def test_what_is_put_in_cannot_be_changed_for_the_neighbours(act: str) -> None:
    with pytest.raises(JavaScriptError):
        run(f"() => {{ {act} }}")
    assert run("() => new URL('http://a.b').href + Buffer.from('a')") == "http://a.b/a"


HOSTILE = [
    "() => { const u = new URL('http://a.b/'); for (;;) u.searchParams.append('a', 'b'.repeat(1000)) }",
    "() => { for (;;) (1).toLocaleString('en-US') }",
    "() => new URL('http://a.b/' + '../'.repeat(1e6)).href",
    "() => new URL('http://' + 'ü'.repeat(3e6) + '.de/').href",
    "() => ['a'.repeat(2e6), 'a'.repeat(2e6) + 'b'].sort((x, y) => x.localeCompare(y))",
    "() => Buffer.from('a'.repeat(6e6)).toString('hex')",
    "async () => { const b = new Uint8Array(2e7); for (;;) await crypto.subtle.digest('SHA-256', b) }",
    "() => new URLSearchParams('a=1&'.repeat(1e6)).get('b')",
    "() => (1).toLocaleString('en-US', { get style() { for (;;); } })",
    "() => new Intl.ListFormat('en').format({ *[Symbol.iterator]() { for (;;) yield 'a' } })",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_what_is_put_in_keeps_the_limits(source: str) -> None:
    before = sum(os.times()[:4])
    with pytest.raises(JavaScriptError) as error:
        run(source)
    assert getattr(error.value, "kind", "") in {"time", "memory", "stack"}
    assert sum(os.times()[:4]) - before < 3
    assert run("() => new URL('http://a.b').href") == "http://a.b/"


DATES = """
from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine
source = '''() => [
  new Date(0).toString(), new Date("2024-03-10T02:30:00").toISOString(), new Date(2024, 2, 10, 2).getTime(),
  new Date("Mar 10, 2024 02:30").getTime(), new Date("2024-03-10").getHours(), new Date(0).toLocaleString(),
  new Date(0).getTimezoneOffset(),
]'''
print(JavaScriptEngine().function(source)(None, CallContext(scope=object())))
"""


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_dates_do_not_depend_on_the_zone_of_the_machine(zone: str) -> None:
    done = warm.run(
        [sys.executable, "-c", DATES], env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert done.stdout.strip() == str(
        [
            "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
            "2024-03-10T02:30:00.000Z",
            1710036000000,
            1710037800000,
            0,
            "1/1/1970, 12:00:00 AM",
            0,
        ]
    )


def test_an_object_without_prototype_has_no_text() -> None:
    groups = run("() => /(?<y>\\d+)/.exec('a12').groups")
    assert groups == {"y": "12"}
    with pytest.raises(JsTypeError, match="Cannot convert object to primitive value"):
        to_string(groups)
    nested = run("() => ({ list: [Object.assign(Object.create(null), { a: undefined, b: NaN })] })")
    with pytest.raises(JsTypeError):
        to_string(nested["list"][0])
    assert to_string(run("() => ({ a: 1 })")) == "[object Object]"
    assert run("() => ({ ...Object.create(null), a: 1 })") == {"a": 1}
