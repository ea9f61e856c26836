"""What a function logs reaches the plan's logger, in order, also when the function fails."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError, JavaScriptLimitError, Limits

ENGINE = JavaScriptEngine(Limits(seconds=0.2))


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def error(self, message: Any, extra: Any = None, /) -> None:
        self.heard.append(("error", message, extra))

    def warn(self, message: Any, extra: Any = None, /) -> None:
        self.heard.append(("warn", message, extra))

    def info(self, message: Any, extra: Any = None, /) -> None:
        self.heard.append(("info", message, extra))

    def debug(self, message: Any, extra: Any = None, /) -> None:
        self.heard.append(("debug", message, extra))


def hear(body: str) -> tuple[Any, list[tuple[Any, ...]]]:
    listener = Listener()
    context = CallContext(event={"name": "a b"}, scope=object(), logger=listener)
    try:
        result = ENGINE.function(f"(value, {{ logger }}) => {{ {body} }}")(1, context)
    except JavaScriptError as error:
        result = error
    return result, listener.heard


def test_messages_arrive_in_order_with_what_belongs_to_them() -> None:
    result, heard = hear(
        "logger.error('e', { a: [1, undefined] }); logger.warn('w'); logger.info('i', 0); logger.debug('d', null);"
        " logger.log('l', 'x'); return 7"
    )
    assert result == 7
    assert [entry[:2] for entry in heard] == [
        ("error", "e"),
        ("warn", "w"),
        ("info", "i"),
        ("debug", "d"),
        ("info", "l"),
    ]
    assert repr(heard[0][2]) == "{'a': [1, undefined]}"
    assert [entry[2] for entry in heard[1:]] == [None, 0, None, "x"]


def test_messages_of_a_function_that_throws_are_not_lost() -> None:
    result, heard = hear("logger.warn('before'); throw new TypeError('then')")
    assert isinstance(result, JavaScriptError)
    assert result.name == "TypeError"
    assert heard == [("warn", "before", None)]


def test_messages_of_a_function_that_never_ends_are_not_lost() -> None:
    result, heard = hear("logger.warn('before'); for (;;);")
    assert isinstance(result, JavaScriptLimitError)
    assert heard == [("warn", "before", None)]


def test_throwing_through_the_logger_logs_and_throws() -> None:
    result, heard = hear("logger.throw('stop', { code: 3 })")
    assert isinstance(result, JavaScriptError)
    assert (result.name, result.message) == ("Error", "stop")
    assert heard == [("error", "stop", {"code": 3})]


def test_an_error_can_be_logged_as_it_is() -> None:
    _, heard = hear("logger.error(new RangeError('broken'), new TypeError('cause'))")
    assert heard == [("error", "broken", {"name": "TypeError", "message": "cause"})]


def test_the_console_speaks_to_those_who_ask_for_details() -> None:
    result, heard = hear("console.log('total', value, null); console.error(new Error('x')); return true")
    assert result is True
    assert heard == [("debug", "total 1 null", None), ("debug", "x", None)]


def test_messages_of_async_steps_and_of_work_left_behind_arrive() -> None:
    _, heard = hear("return (async () => { logger.info('first'); await 1; logger.info('second') })()")
    assert [entry[1] for entry in heard] == ["first", "second"]
    result, heard = hear(
        "Promise.resolve().then(() => logger.info('later')); logger.info('sooner'); return 5"
    )
    assert result == 5
    assert [entry[1] for entry in heard] == ["sooner", "later"]


def test_a_getter_that_logs_while_a_value_is_read_confuses_nothing() -> None:
    result, heard = hear(
        "return { a: 1, get b() { logger.info('m', { c: [2] }); return [NaN] }, d: undefined }"
    )
    assert repr(result) == "{'a': 1, 'b': [nan], 'd': undefined}"
    assert heard == [("info", "m", {"c": [2]})]


def test_a_flood_of_messages_is_cut_and_said_to_be() -> None:
    _, heard = hear("for (let n = 0; n < 1000; n++) logger.info(n)")
    assert len(heard) == 257
    assert heard[-1] == ("warn", "further messages of this call were dropped", None)


def test_what_is_too_deep_to_be_logged_does_not_fail_the_function() -> None:
    result, heard = hear("const a = {}; a.a = a; logger.info('circle', a); return 1")
    assert result == 1
    assert heard[0][:2] == ("info", "circle")
    assert "left out" in heard[0][2]


def test_a_message_is_what_it_says_and_no_longer() -> None:
    _, heard = hear("logger.info('x'.repeat(1e5)); logger.info(undefined); logger.info({ a: 1 })")
    assert [len(entry[1]) for entry in heard[:1]] == [2000]
    assert [entry[1] for entry in heard[1:]] == ["undefined", "[object Object]"]


@pytest.mark.parametrize(
    "source", ["(v, c) => c.logger.info('a')", "(v, c) => { c.logger.info('a'); return null }"]
)
def test_without_a_listener_messages_go_nowhere(source: str) -> None:
    assert not ENGINE.function(source)(1, CallContext(scope=object()))
