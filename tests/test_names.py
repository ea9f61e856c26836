"""Names say what a thing is in the field's terms, and one name means one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("hubspot_dest", "simulator")
FORMER_MODULES = frozenset(
    """saying complaining connecting numbers delivering tally driving carrier durable durablewaiting waiting
    contactledger deliveryoutcomes lanes window traffic dice nowhere quickplan textmap settling watching examining
    errands witness taming books ledger rehearsal stumbled hits pace tape pools living standins wrapping stranger
    machine screen showing drawing looking switches control_room speech steering keeping copying ending ruleside cells
    places moves guesses hints certain asyncfront lazygroup configcheck configfile configmodels helpers common
    utils""".split()  # noqa: SIM905 - names read better as words
)
FORMER_CLASSES = frozenset(
    """Carrier DurableCarrier Driving WaitingRoom DurableWaitingRoom ContactLedger NoNetwork Reach Delivery Tally Ticket
    Basket Held Lanes Load Watcher Stopper Errands Books Ledger Rehearsal StandIns TapePlayer ControlRoom Switches
    Speech Steering Looking Board""".split()  # noqa: SIM905 - names read better as words
)


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def classes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].append(str(path.relative_to(ROOT)))
    return found


def test_no_module_has_a_name_that_only_its_author_understands() -> None:
    assert [str(path.relative_to(ROOT)) for path in modules() if path.stem in FORMER_MODULES] == []


def test_no_class_has_a_name_that_only_its_author_understands() -> None:
    assert {name: places for name, places in classes().items() if name in FORMER_CLASSES} == {}


def test_a_class_name_means_one_thing_in_both_packages() -> None:
    assert {name: places for name, places in classes().items() if len(places) > 1} == {}


def test_no_variable_is_called_one() -> None:
    found = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        if "one" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            name = node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""
            if name == "one":
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert found == []
