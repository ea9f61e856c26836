"""The filter language says what people mean, and what is wrong when it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.row_filter import FilterError, exactly, parse_filter
from simulator.engine.rows import Exchange, Row

ORDER = Row(
    7, 0.0, "failed", "send_failed", "429 RATE_LIMIT", "order complete", "Ada@example.org", "e1", "order complete",
    '{"data":{"coupon":"Größe \\"X\\"","title":"Übung","path":"c:\\\\temp"}}'.encode(),
    (
        Exchange("crm.contacts.basicApi.update", 0, 0.01, 404, 0, "unheard of"),
        Exchange("crm.contacts.basicApi.create", 0, 0.01, 201, 0),
        Exchange("events.send.basicApi.send", 0, 0.01, 429, 1, "no"),
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
        ("is:lost", "a row is kept"),
        ("status:abc", "a status is"),
        ('"open', "quotation mark"),
        ("(a or b", "not closed"),
        ("a )", "no partner"),
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
