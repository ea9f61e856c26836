"""The filter language says what people mean, and what is wrong when it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.row_filter import (
    OPERATORS,
    Condition,
    Conjunction,
    Disjunction,
    FilterError,
    FilterExpression,
    Negation,
    complete,
    exactly,
    filter_help,
    parse_expression,
    parse_filter,
)
from simulator.engine.rows import ObservedCall, Row

ORDER = Row(
    7, 0.0, "failed", "send_failed", "429 RATE_LIMIT", "order complete", "Ada@example.org", "e1", "order complete",
    '{"data":{"coupon":"Größe \\"X\\"","title":"Übung","path":"c:\\\\temp"}}'.encode(),
    (
        ObservedCall("crm.contacts.basicApi.update", 0, 0.01, 404, 0, "unheard of"),
        ObservedCall("crm.contacts.basicApi.create", 0, 0.01, 201, 0),
        ObservedCall("events.send.basicApi.send", 0, 0.01, 429, 1, "no"),
    ),
    upstream="walkerOS would lose it", pinned=True,
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "outcome:failed",
        "OUTCOME:FAILED",
        "outcome:f*",
        "event:order",
        'event:"order complete"',
        "event:*complete",
        "person:ada",
        "person:ada*",
        "rule:order",
        "status:429",
        "status:4xx",
        "status:>=400",
        "coupon",
        "größe",
        "gr*ße",
        "reason:send_failed",
        "data.coupon:größe",
        'data.title:"übung"',
        "data.title:üb*",
        "data.total:none",
        "not data.coupon:>5",
        "gr??e",
        "ÜBUNG",
        "is:kept",
        "is:different",
        "status:404",
        "status:404 status:429",
        "would lose",
        "unheard of",
        r"text:c:\temp",
        "text:coupon",
        "rate_limit",
        "outcome:failed and status:429",
        "outcome:failed status:429",
        "outcome:sent or status:429",
        "not outcome:sent",
        "not not outcome:failed",
        "(outcome:sent or event:order) and not person:grace",
        "outcome:sent or event:order person:ada",
    ],
)
def test_a_filter_takes_what_it_describes(text: str) -> None:
    chosen = parse_filter(text)
    assert chosen is None or chosen(ORDER)


SHOPPED = Row(
    8, 0.0, "sent", "send", "", "order complete", "", "e2", "",
    b'{"data":{"total":99.5,"new":true,"tags":["a","b"]},"user":{"country":"DE","email":null},'
    b'"nested":[{"data":{"id":"ers"}},{"data":{"id":"lamp"}}]}',
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("data.total:>99", True),
        ("data.total:>=99.5 data.total:<100", True),
        ("data.total:>100", False),
        ("data.total:99", True),
        ("data.new:true", True),
        ("data.tags.1:b", True),
        ("data.tags.2:none", True),
        ("user.country:de", True),
        ("user.country:none", False),
        ("user.email:none", True),
        ("user.email:>5", False),
        ("nested.*.data.id:lamp", True),
        ("nested.*.data.id:none", False),
        ("nested.length:>1", True),
        ("custom.any.thing:none", True),
        ("www.example.com:8080", False),
    ],
)
def test_a_path_looks_at_a_value_inside_the_event(text: str, taken: bool) -> None:
    chosen = parse_filter(text)
    assert chosen is not None
    assert chosen(SHOPPED) is taken


def ruled(label: str, name: str = "order complete") -> Row:
    return Row(9, 0.0, "sent", "send", "", name, "", "e3", label, b'{"data":{"id":"a*b","none":"none"}}')


@pytest.mark.parametrize(
    "label", ["order complete", "order complete [2]", "* *", "order *", 'a "b"', "back\\slash x", "x", "="]
)
def test_a_rule_that_is_asked_for_exactly_is_not_mixed_up_with_one_that_looks_like_it(label: str) -> None:
    chosen = parse_filter(exactly("rule", label))
    assert chosen is not None
    assert chosen(ruled(label))
    assert not chosen(ruled(f"{label} [3]"))
    assert not chosen(ruled(f"re{label}"))
    assert not chosen(ruled(""))


def test_events_without_a_rule_are_found_and_a_rule_named_none_is_not_lost() -> None:
    without, named = parse_filter("rule:none"), parse_filter("rule:=none")
    assert without is not None
    assert named is not None
    assert without(ruled(""))
    assert not without(ruled("order complete"))
    assert named(ruled("none"))
    assert not named(ruled(""))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("data.id:=a*b", True),
        ("data.id:=a*", False),
        ("data.none:=none", True),
        ("data.nothing:=none", False),
        ('event:="order complete"', True),
        ("event:=order", False),
        ("reason:=send", True),
        ("reason:=sen", False),
    ],
)
def test_an_equals_sign_asks_for_the_whole_value(text: str, taken: bool) -> None:
    chosen = parse_filter(text)
    assert chosen is not None
    assert chosen(ruled("order complete")) is taken


@pytest.mark.parametrize(
    "text",
    [
        "outcome:sent",
        "event:view",
        "status:none",
        "status:<200",
        "not coupon",
        "event:complete person:grace",
        "nowhere",
        "gr?e",
        "is:batch",
        "is:refused",
    ],
)
def test_a_filter_leaves_out_what_it_does_not_describe(text: str) -> None:
    chosen = parse_filter(text)
    assert chosen is not None
    assert not chosen(ORDER)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("outcom:failed", "did you mean outcome:?"),
        ("outcome:faild", "did you mean failed?"),
        ("outcome:", "needs a value"),
        ("data.total:", "needs a value"),
        ("total:5", "paths like data.total"),
        ("is:gone", "a row is kept"),
        ("status:abc", "a status is"),
        ('"open', "quotation mark"),
        ("(a or b", "not closed"),
        ("a )", "no opening bracket"),
        ("a and", "missing at the end"),
        ("or a", "nothing before it"),
        ("not", "missing at the end"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said(text: str, told: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert told in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_filter(text: str) -> None:
    try:
        chosen = parse_filter(text)
    except FilterError:
        return
    if chosen is not None:
        chosen(ORDER)


_TEXTUAL = [current_operator.name for current_operator in OPERATORS if not current_operator.values]
_CONDITIONS = st.one_of(
    st.builds(
        Condition,
        st.sampled_from([*_TEXTUAL, "data.total", "nested.*.data.id"]),
        st.text(min_size=1, max_size=12).map(str.lower).filter(lambda text: text == text.lower()),
    ),
    st.builds(
        lambda name, value: Condition(name, value.lower(), whole=True),
        st.sampled_from(["event", "person", "rule", "reason", "user.country"]),
        st.text(min_size=1, max_size=12).filter(lambda text: text.lower() == text.lower().lower()),
    ),
    *(
        st.builds(Condition, st.just(current_operator.name), st.sampled_from(current_operator.values))
        for current_operator in OPERATORS
        if current_operator.values
    ),
)


def _several(parts: st.SearchStrategy[FilterExpression]) -> st.SearchStrategy[tuple[FilterExpression, ...]]:
    return st.lists(parts, min_size=2, max_size=3).map(tuple)


_EXPRESSIONS: st.SearchStrategy[FilterExpression] = st.recursive(
    _CONDITIONS,
    lambda parts: st.one_of(
        st.builds(Negation, parts),
        st.builds(Conjunction, _several(parts)),
        st.builds(Disjunction, _several(parts)),
    ),
    max_leaves=6,
)


@given(_EXPRESSIONS)
def test_a_filter_that_is_printed_reads_as_the_same_filter(expression: FilterExpression) -> None:
    assert parse_expression(str(expression)) == expression


@given(_EXPRESSIONS)
def test_a_filter_that_was_printed_takes_the_same_rows(expression: FilterExpression) -> None:
    again = parse_filter(str(expression))
    assert again is not None
    for row in (ORDER, SHOPPED, ruled("order complete")):
        assert again(row) == expression.test()(row)


def test_every_operator_of_the_table_has_an_example_that_can_be_read() -> None:
    for operator in OPERATORS:
        assert parse_filter(operator.example) is not None, operator.name


def test_the_documentation_lists_every_operator_as_the_table_has_it() -> None:
    """`HUBSPOT_SIM_GOLDEN=write` writes the table again."""
    file = Path(__file__).parents[3] / "docs" / "terminal.md"
    text = file.read_text(encoding="utf-8")
    begin, end = "<!-- filter: made from simulator.engine.row_filter -->\n", "<!-- /filter -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    rows = "".join(f"| `{example}` | {meaning} |\n" for example, meaning in filter_help())
    wanted = f"{before}{begin}| filter | matches |\n|---|---|\n{rows}{end}{after}"
    if os.environ.get("HUBSPOT_SIM_GOLDEN") == "write":
        file.write_text(wanted, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == wanted


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("out", "out" + "come:"),
        ("outcome:fa", "outcome:failed"),
        ("event:order st", "event:order status:"),
        ("not is:ke", "not is:kept"),
        ("(pers", "(person:"),
    ],
)
def test_a_filter_completes_what_is_typed(typed: str, best: str) -> None:
    assert complete(typed)[0] == best


@pytest.mark.parametrize("typed", ["", "coupon", "outcome:failed", 'event:"ord', "data.to"])
def test_a_filter_that_is_complete_is_left_alone(typed: str) -> None:
    assert complete(typed) == []
