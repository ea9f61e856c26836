"""Draw configurations and events that break HubSpot's rules, and such that do not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hubspot_dest.checks.standard_properties import STANDARD_CONTACT_PROPERTIES

__all__ = ["ACCOUNT", "PORTAL", "cases"]

PORTAL = 12345678
_PREFIX = f"pe{PORTAL}_"

ACCOUNT: dict[str, Any] = {
    "version": 1,
    "portalId": PORTAL,
    "contactProperties": [
        {"name": "birthday", "type": "date"},
        {"name": "seen_at", "type": "datetime"},
        {"name": "score", "type": "number"},
        {"name": "member", "type": "bool"},
        {"name": "optin", "type": "enumeration", "fieldType": "booleancheckbox",
         "options": [{"value": "true"}, {"value": "false"}]},
        {"name": "interests", "type": "enumeration", "fieldType": "checkbox",
         "options": [{"value": "a"}, {"value": "b"}]},
        {"name": "plan", "type": "enumeration", "fieldType": "select",
         "options": [{"value": "free"}, {"value": "pro"}]},
    ],
    "eventDefinitions": [
        {
            "fullyQualifiedName": f"{_PREFIX}purchase",
            "properties": [
                {"name": "revenue", "type": "number"},
                {"name": "paid_on", "type": "date"},
                {"name": "note", "type": "string"},
                {"name": "page_url", "type": "string"},
                *({"name": f"p{number}", "type": "string"} for number in range(60)),
            ],
        },
        {"name": "page_view", "properties": [{"name": "title"}]},
    ],
}  # fmt: skip

_words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
_odd = st.text("aZ9 _-.!äß/", min_size=1, max_size=12)
_names = st.one_of(
    st.sampled_from(["a" * 50, "a" * 51, "b" * 80]),
    st.sampled_from(["purchase", "page_view", "signup", "Add To Cart", "order-completed", "9x"]),
    _words,
    _odd,
).filter(lambda name: name.strip() != "")
_event_names = st.one_of(_names, _names.map(lambda name: _PREFIX + name))
_property_names = st.one_of(
    st.sampled_from(
        ["revenue", "paid_on", "note", "page_url", "p1", "Order Total", "9x", "größe", "orderTotal", "b" * 51]
    ),
    _words,
    _odd,
)
_numbers = st.one_of(
    st.integers(-10, 10**13).map(str),
    st.sampled_from(["12.5", "1,234", "x", "", " 5", "1e5", "NaN"]),
    st.integers(0, 20_000).map(lambda day: str(day * 86_400_000)),
)
_dates = st.one_of(
    _numbers,
    st.dates().map(lambda day: day.isoformat()),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.sampled_from(["1795000000123", "tomorrow", "2026-13-01", "01.02.2026"]),
)
_values = st.one_of(
    _words,
    _numbers,
    st.sampled_from(["x" * 256, "x" * 257, "x" * 1024, "x" * 1025, "true", "a;b", "[object Object]"]),
)
_emails = st.one_of(
    st.sampled_from(
        ["ada@example.org", "not-an-email", " ada@example.org ", "ada@example.con", "ada@b..de", "b..c@example.com",
         "ada@shop.example", "a b@example.org", "ada@", "@example.org", "a@b@c.de", "ada@x.dasdas", "a@localhost"]
    ),
    st.builds(lambda name, tail: f"{name}@example.{tail}", _words, st.sampled_from(["com", "de", "cm", "org", "orgg"])),
)  # fmt: skip
_contact_properties = st.one_of(
    st.sampled_from(
        [
            ("score", "1,234"),
            ("seen_at", "tomorrow"),
            ("member", "yes"),
            ("birthday", "x"),
            ("birthday", "1795000000123"),
        ]
    ),
    st.tuples(st.just("score"), _numbers),
    st.tuples(st.just("birthday"), _dates),
    st.tuples(st.just("seen_at"), _dates),
    st.tuples(st.just("member"), st.sampled_from(["true", "False", "1", "yes"])),
    st.tuples(st.just("optin"), st.sampled_from(["true", "1", "TRUE"])),
    st.tuples(st.just("interests"), st.sampled_from(["a", "a;b", "a,b", "c", "a;c"])),
    st.tuples(st.just("plan"), st.sampled_from(["pro", "Pro", "free;pro"])),
    st.tuples(st.just("lifecyclestage"), st.sampled_from(["lead", "customer", "Customer", "VIP"])),
    st.tuples(
        st.sampled_from(sorted(STANDARD_CONTACT_PROPERTIES)), _values.filter(lambda value: len(value) < 300)
    ),
    st.tuples(st.sampled_from(["favourite", "First Name", "firstName", "über", "9lives"]), _words),
)


# One thing that is certainly wrong, beside whatever else comes up; each wants the strict account or does not care.
_TARGETS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "event_prefix": {"prefix": "12345678"},
    "event_prefix_portal": {"prefix": "pe99999999_", "event": "purchase", "strict": True},
    "event_prefix_doubled": {"event": f"{_PREFIX}purchase"},
    "event_name_characters": {"event": "Add To Cart"},
    "event_name_length": {"event": "a" * 51},
    "event_undefined": {"event": "signup", "strict": True},
    "property_name_characters": {"properties": {"Order Total": "1"}},
    "property_name_length": {"properties": {"b" * 51: "1"}},
    "properties_count": {"properties": {f"p{number}": "x" for number in range(51)}},
    "value_length": {"properties": {"note": "x" * 257}},
    "contact_email_invalid": {"contact": {"firstname": "Ada"}, "email": "ada@example.con"},
    "contact_property_name": {"contact": {"First Name": "Ada"}},
    "contact_property_unknown": {"contact": {"favourite": "tea"}, "strict": True},
    "contact_property_read_only": {"contact": {"createdate": "2026-01-01"}},
    "contact_value_number": {"contact": {"score": "1,234"}, "strict": True},
    "contact_value_date": {"contact": {"birthday": "tomorrow"}, "strict": True},
    "contact_value_midnight": {"contact": {"birthday": "1795000000123"}, "strict": True},
    "contact_value_datetime": {"contact": {"closedate": "tomorrow"}},
    "contact_value_bool": {"contact": {"member": "yes"}, "strict": True},
    "contact_value_option": {"contact": {"lifecyclestage": "Customer"}},
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Draw a configuration, an event, and whether the account is known and strict."""
    target = _TARGETS[draw(st.sampled_from(sorted(_TARGETS)))]
    strict = target.get("strict", False) or draw(st.booleans())
    prefixes = [_PREFIX] * 8 + ["12345678", "pe_", "PE12345678_", *(["pe99999999_"] if strict else [])]
    settings: dict[str, Any] = {
        "accessToken": "pat-test",
        "eventNamePrefix": target.get("prefix") or draw(st.sampled_from(prefixes)),
    }
    rule: dict[str, Any] = {}
    how = draw(st.sampled_from(["plain", "own", "own", "named", "none"]))
    if how == "plain":
        rule["settings"] = {"eventName": "purchase"}
    elif how == "own":
        rule["settings"] = {"eventName": draw(_event_names)}
    elif how == "named":
        rule |= {"name": draw(st.sampled_from(["", "order paid", "Größe ändern"])), "settings": {}}
    else:
        rule["settings"] = {}
    if "event" in target:
        rule = {"settings": {"eventName": target["event"]}}
    kind = draw(st.sampled_from(["few", "few", "many", "none"]))
    if kind == "few":
        properties = draw(st.dictionaries(_property_names, _values, max_size=4))
    elif kind == "many":
        properties = {f"p{number}": "x" for number in range(draw(st.sampled_from([49, 50, 51, 55])))}
    else:
        properties = {}
    properties |= target.get("properties", {})
    if properties:
        rule["settings"]["properties"] = {
            "map": {name: {"value": value} for name, value in properties.items()}
        }
    if "contact" in target or draw(st.booleans()):
        contact = dict(draw(st.lists(_contact_properties, min_size=1, max_size=3))) | target.get(
            "contact", {}
        )
        fixed = {name: {"value": value} for name, value in contact.items()}
        settings["identify"] = {"map": {"email": "user.email", "properties": {"map": fixed}}}
    event = {
        "name": "order complete",
        "id": "0000000000000001",
        "timestamp": 1_780_000_000_000,
        "user": {"email": target.get("email") or draw(_emails)},
        "data": {},
    }
    return {"settings": settings, "mapping": {"order": {"complete": rule}}}, event, strict
