"""A step example is inserted into a flow file, and every other byte stays as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_dest.config.loading import parse_document
from hubspot_dest.scaffold.example_insertion import ExampleInsertionError, insert_example

PATH = ("flows", "shop", "destinations", "hubspot")
EXAMPLE: dict[str, Any] = {
    "in": {"name": "order complete", "data": {"note": 'yes: "no" # 1e3 \u202e\n', "list": [1, None]}},
    "out": [["events.send.basicApi.send", {"eventName": "pe1_x", "properties": {"a": "1"}}]],
}
COMPACT = '{"version":4,"flows":{"shop":{"destinations":{"hubspot":{"config":{}}}}}}'
FILES = {
    "compact.json": COMPACT,
    "one-example.json": COMPACT.replace(
        '"config":{}', '"config":{}, "examples": {"a": {"in": {"name": "a b"}}}'
    ),
    "empty-examples.json": COMPACT.replace('"config":{}', '"config":{}, "examples": { }'),
    "pretty.json": json.dumps(json.loads(COMPACT), indent=4) + "\n",
    "tabs.json": json.dumps(json.loads(COMPACT), indent="\t"),
    "windows.json": json.dumps(json.loads(COMPACT), indent=2).replace("\n", "\r\n"),
    "block.yaml": (
        "# head\nversion: 4\nflows:\n  shop:\n    destinations:\n      hubspot:\n        # first\n"
        "        config: {settings: {}}   # inline\n\n# tail\n"
    ),
    "block-examples.yaml": (
        "version: 4\nflows:\n  shop:\n    destinations:\n      hubspot:\n        config: {}\n        examples:\n"
        "          # one\n          a:\n            in: {name: a b}\n"
    ),
    "flow-style.yaml": "version: 4\nflows: {shop: {destinations: {hubspot: {config: {}}}}}\n",
    "quoted.yaml": 'version: 4\n"flows":\n  "shop":\n    "destinations":\n      "hubspot":\n        "config": {}\n',
    "anchors.yaml": (
        "version: 4\nvariables:\n  base: &base {a: 1}\nflows:\n  shop:\n    destinations:\n      hubspot:\n"
        "        config: *base\n"
    ),
    "windows.yaml": "version: 4\r\nflows:\r\n  shop:\r\n    destinations:\r\n      hubspot:\r\n        config: {}\r\n",
}


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("title", ["purchase", "a sale: 1", "yes", "ünï"])
def test_nothing_but_the_example_is_different(name: str, title: str) -> None:
    text = FILES[name]
    made = insert_example(name, text, PATH, title, EXAMPLE)
    value = parse_document(name, made).value
    examples = value["flows"]["shop"]["destinations"]["hubspot"].pop("examples")
    before = parse_document(name, text).value
    known = before["flows"]["shop"]["destinations"]["hubspot"].pop("examples", {})
    assert value == before
    assert examples == {title: EXAMPLE, **known}
    # What was there is there still, around one insertion.
    shared = 0
    while shared < len(text) and made[shared] == text[shared]:
        shared += 1
    rest = text[shared:]
    assert made.endswith(rest) or name == "empty-examples.json"
    assert ("\r\n" in text) == ("\r\n" in made)
    assert made.count("\n") == made.count("\r\n") or "\r\n" not in text


def test_a_second_example_goes_beside_the_first() -> None:
    text = FILES["block.yaml"]
    for title in ("one", "two", "three"):
        text = insert_example("block.yaml", text, PATH, title, EXAMPLE)
    value = parse_document("block.yaml", text).value
    assert set(value["flows"]["shop"]["destinations"]["hubspot"]["examples"]) == {"one", "two", "three"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", FILES["one-example.json"], "there is an example 'a' already"),
        ("a.json", COMPACT.replace('"config":{}', '"config":{}, "examples": 5'), "examples is not a map"),
        ("a.yaml", "version: 4\nflows:\n  shop:\n    destinations:\n      hubspot: &h\n", "cannot|empty|not"),
        (
            "a.yaml",
            "version: 4\nx: &x\n  config: {}\nflows:\n  shop:\n    destinations:\n      hubspot: *x\n",
            "alias|cannot|not in the file",
        ),
    ],
)
def test_what_cannot_be_extended_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(ExampleInsertionError, match=said):
        insert_example(name, text, PATH, "a", EXAMPLE)
