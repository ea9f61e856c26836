"""References: what stands in a flow means here what it means in walkerOS (walkerOS 4.4, section 6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.flow.document import find_destination
from hubspot_dest.flow.references import FlowError, References

VARIABLES = {
    "p": "pe1_",
    "m": {"a": {"b": 2}},
    "n": 1.5,
    "yes": True,
    "nothing": None,
    "deep": "$var.p",
    "list": ["$var.p", 1],
    "loop": "$var.pool",
    "pool": "$var.loop",
    "from_env": "$env.T:x",
}


def resolve(value: Any, **environment: str) -> Any:
    return References(VARIABLES, environment, {"shop": {"events": {"total": "$var.n"}}}).resolve(value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("$var.p", "pe1_"),
        ("x-$var.p-y", "x-pe1_-y"),
        ("$var.m.a", {"b": 2}),
        ("$var.m.a.b", 2),
        ("$var.m.a.b!", "2!"),
        ("$var.n", 1.5),
        ("$var.n €", "1.5 €"),
        ("$var.yes!", "true!"),
        ("$var.deep", "pe1_"),
        ("$var.list", ["pe1_", 1]),
        ("$var.from_env", "x"),
        ("$var.nothing", None),
        ("$env.T:dummy", "dummy"),
        ("$env.T:", ""),
        ("$env.T:https://a.b/c?d=1", "https://a.b/c?d=1"),
        ("a $env.T:b c", "a b c"),
        ('{"a":"$env.T:b"}', '{"a":"b"}'),
        ("$contract.shop.events", {"total": 1.5}),
        ("x$secret.T", "x$secret.T"),
        ("$secret.lower", "$secret.lower"),
        ("$store.s", "$store.s"),
        ("$def.x", "$def.x"),
        ("$var:p", "$var:p"),
        ("costs 5$", "costs 5$"),
        ("$code:(v) => `$var.p`", "$code:(v) => `pe1_`"),
        ("$code:(e) => e.data.total * $var.n", "$code:(e) => e.data.total * 1.5"),
        ("$code:(e) => `${$var.m.a.b}: ${e.id}`", "$code:(e) => `${2}: ${e.id}`"),
        ({"$code": "() => '$var.p'"}, {"$code": "() => 'pe1_'"}),
        ("$code:($event) => $event.data.id", "$code:($event) => $event.data.id"),
        ("$code:(e) => '$vars.x costs $5'", "$code:(e) => '$vars.x costs $5'"),
        ("$code:(e) => $env.T:7", "$code:(e) => 7"),
        ({"$var.p": "$var.p"}, {"$var.p": "pe1_"}),
        ([1, None, "$var.p"], [1, None, "pe1_"]),
    ],
)
def test_a_reference_means_what_walkeros_makes_of_it(text: Any, meant: Any) -> None:
    assert resolve(text) == meant


def test_the_environment_gives_values_and_secrets() -> None:
    assert resolve("$env.T", T="v") == "v"
    assert resolve("$env.T:dummy", T="v") == "v"
    assert resolve("$secret.API_KEY", API_KEY="s3") == "s3"
    assert resolve("$env.T/$env.U", T="v", U="w") == "v/w"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$var.unknown", 'there is no variable "unknown"'),
        ("a $var.unknown b", 'there is no variable "unknown"'),
        ("$var.m.x.y", '\\$var.m has no path "x.y": "x" does not exist'),
        ("$var.loop", "circular reference: \\$var.loop -> \\$var.pool -> \\$var.loop"),
        ("a $var.m b", 'variable "m" is a map and cannot be part of a longer text'),
        ("a $var.list", 'variable "list" is a list'),
        ("a $env.NOT_SET b", "environment variable NOT_SET is not set"),
        ("$contract.blog", 'there is no contract "blog"'),
        ("$flow.other.url", 'there is no flow "other"'),
        ("$vars.rate", "'\\$vars.rate' is not a reference: walkerOS has no \\$vars"),
        ("$environment.X", "walkerOS has no \\$environment"),
        ("$code:(e) => $var.unknown", 'there is no variable "unknown"'),
        ("$code:(e) => $var.m", 'variable "m" is a map'),
        ("$code:(e) => e.data.total * $vars.rate", "'\\$vars.' is not a reference"),
        ("$code:(e) => $env.NOT_SET", "environment variable NOT_SET is not set"),
        ("$env.TOKEN=x", "a default follows a colon"),
        ("$env.TOKEN || x", "a default follows a colon"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FlowError, match=said) as found:
        resolve({"settings": [{"x": text}]})
    assert found.value.problem.path == ("settings", 0, "x")


def test_a_default_after_an_equals_sign_is_told_how_to_write_it() -> None:
    with pytest.raises(FlowError) as found:
        References({}, {}).resolve("$env.TOKEN=abc")
    assert found.value.problem.hint == "write $env.TOKEN:abc"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$env.T=x", "a default follows a colon"),
        ("$var:p", "is not a reference of walkerOS 4"),
        ("$secret:TOKEN", "is not a reference of walkerOS 4"),
        ("$def.x", "is not a reference of walkerOS 4"),
        ("$secret.lower", "capital letters"),
        ("https://$flow.other.url/x", "stays text here"),
        ("Bearer $secret.TOKEN", "stays text here"),
        ("$code:() => '$secret.TOKEN'", "stays text here"),
        ("$code:() => '$env.T'", "walkerOS' server bundle leaves a marker"),
    ],
)
def test_a_reference_that_does_not_do_what_it_says_is_warned_of(text: str, said: str) -> None:
    references = References(VARIABLES, {"T": "v"})
    references.resolve({"a": text})
    assert [(warning.path, warning.severity) for warning in references.warnings] == [(("a",), "warning")]
    assert said in references.warnings[0].message


def test_what_the_environment_does_not_have_is_left_out_and_told() -> None:
    references = References({}, {})
    found = references.resolve({"a": "$env.TOKEN", "b": ["$secret.KEY", 1], "c": 2})
    assert found == {"b": [None, 1], "c": 2}
    assert [(warning.path, warning.severity) for warning in references.warnings] == [
        (("a",), "warning"),
        (("b", 0), "warning"),
    ]


def test_a_contract_reference_gives_the_contract_with_what_it_extends() -> None:
    document: dict[str, Any] = {
        "version": 4,
        "contract": {
            "base": {"schema": {"required": ["id"]}},
            "shop": {"extend": "base", "schema": {"title": "Shop"}},
        },
        "flows": {
            "shop": {
                "destinations": {
                    "hubspot": {"config": {"settings": {"eventNamePrefix": "$contract.shop.schema.title"}}}
                }
            }
        },
    }
    found = find_destination(document, "", {})
    assert found.config["settings"]["eventNamePrefix"] == "Shop"
    document["flows"]["shop"]["destinations"]["hubspot"]["config"]["settings"]["email"] = (
        "$contract.shop.schema"
    )
    assert find_destination(document, "", {}).config["settings"]["email"] == {
        "required": ["id"],
        "title": "Shop",
    }
