"""The verdict in `preview`: findings where something is wrong, and no alarm where nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hubspot_dest.cli.commands.preview import command
from tests.verdict.previewing import destination, order, preview

ACCOUNT: dict[str, Any] = {
    "version": 1,
    "portalId": 12345678,
    "contactProperties": [{"name": "birthday", "type": "date"}, {"name": "code", "hasUniqueValue": True}],
    "eventDefinitions": [{"name": "purchase", "properties": [{"name": "revenue", "type": "number"}]}],
}


def rule(**settings: Any) -> dict[str, Any]:
    return {"order": {"complete": {"settings": settings}}}


def fixed(**values: str) -> dict[str, Any]:
    return {"map": {name: {"value": value} for name, value in values.items()}}


def identify(**values: Any) -> dict[str, Any]:
    return {"map": {"email": "user.email", "properties": {"map": values}}}


@pytest.mark.parametrize(
    ("config", "event", "code"),
    [
        (destination(mapping=rule(eventName="pe999_purchase")), order(), "event_prefix_doubled"),
        (destination(mapping=rule(eventName="AddToCart")), order(), "event_name_characters"),
        (destination(mapping=rule(eventName="_cart")), order(), "event_name_characters"),
        (destination(eventNamePrefix="pe12345678"), order(), "event_prefix"),
        (destination(eventNamePrefix="PE12345678_"), order(), "event_prefix"),
        (destination(mapping={"order": {"complete": {"name": ""}}}), order(), "event_name_empty"),
        (destination(), order(name="order " + "x" * 60), "event_name_length"),
        (destination(), order(name="order größe"), "event_name_characters"),
        (destination(defaultProperties={"Touch Point": "x"}), order(), "property_name_characters"),
        (destination(defaultProperties={"a" * 51: "x"}), order(), "property_name_length"),
        (destination(mapping=rule(properties=fixed(page_url="u" * 1025))), order(), "value_length"),
        (destination(mapping=rule(properties={"map": {"note": "data.note"}})),
         order(data={"note": "n" * 300}), "value_length"),
        (destination(identify=identify(firstname={"value": "A"})), order(user={"email": "ada@localhost"}),
         "contact_email_invalid"),
        (destination(identify=identify(**{"First Name": {"value": "A"}})), order(), "contact_property_name"),
        (destination(identify=identify(email={"value": "ada@example.cm0"})), order(), "contact_email_invalid"),
        (destination(identify=identify(hs_object_id={"value": "1"})), order(), "contact_property_read_only"),
        (destination(identify=identify(associatedcompanyid={"value": "x1"})), order(), "contact_value_number"),
        (destination(identify=identify(closedate={"value": "soon"})), order(), "contact_value_datetime"),
        (destination(identify=identify(hs_lead_status={"value": "New"})), order(), "contact_value_option"),
    ],
)  # fmt: skip
def test_what_hubspot_refuses_fails_the_preview(
    config: dict[str, Any], event: dict[str, Any], code: str, tmp_path: Path
) -> None:
    done = preview(tmp_path, config, event)
    assert code in done.codes("refused")
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("config", "event", "code"),
    [
        (destination(), order(timestamp=0.5), "occurred_at_past"),
        (destination(), order(timestamp=1_780_000_000_000_000), "occurred_at_future"),
        (destination(objectId="user.id"), order(user={"id": "abc"}), "object_id_not_number"),
        (destination(objectId="user.id"), order(user={"email": "a@example.org", "id": 5}), "identity_number_ignored"),
        (destination(), order(user={"email": "ada@example.con"}), "email_invalid"),
        (destination(identify=identify(firstName={"value": "A"})), order(), "contact_property_name_capital"),
        (destination(identify=identify(firstname={"value": "A"})), order(user={"email": "b..c@example.com"}),
         "contact_email_strict"),
        (destination(identify=identify(firstname={"value": "A"})), order(user={"email": "b@x.dasdas"}),
         "contact_email_domain"),
        (destination(identify={"map": {"email": "user.email"}}), order(), "contact_without_properties"),
        (destination(mapping=rule(properties={"map": {"t": "data.totl"}})), order(), "path_misspelt"),
        (destination(mapping=rule(properties={"map": {"t": {"key": "data.totl", "value": "0"}}})), order(),
         "path_misspelt"),
        (destination(mapping=rule(properties={"map": {"t": ["dta.total", "data.total"]}})), order(), ""),
        (destination(email="user.emial"), order(), "path_misspelt"),
        (destination(email=["usr.email", "user.email"]), order(), ""),
        (destination(mapping={"order": {"complete": {}, "*": {}}}), order(name="order Complete"), "rule_capitals"),
        (destination(mapping=rule(properties={"map": {"d": "data.list"}})), order(data={"list": ["a", None]}),
         "null_empties"),
        (destination(mapping=rule(properties={"map": {"n": {"loop": ["nested", "data.tags"]}}})),
         order(nested=[{"data": {"tags": ["a", None]}}]), "null_empties"),
        (destination(mapping=rule(eventName="purchase", properties=fixed(src="$env.SOURCE"))), order(),
         "reference_unknown"),
        (destination(defaultProperties={"src": "from ${SOURCE} with love"}), order(), "reference_unknown"),
        (destination(defaultProperties={"src": "from $def.src"}), order(), "reference_unknown"),
        (destination(identify={"map": {"email": "usr.email", "properties": {"map": {"firstname": {"value": "A"}}}}}),
         order(), "path_unknown_field"),
        (destination(more={"consent": {"marketing": True}}), order(consent={"marketing": "denied"}),
         "consent_reads_no"),
        (destination(more={"consent": {"marketing": True}}), order(consent={"marketing": " No "}),
         "consent_reads_no"),
        (destination(mapping=rule(properties={"map": {"p": {"key": "data.total", "consent": {"ads": True}}}})),
         order(consent={"ads": "off"}), "consent_reads_no"),
        (destination(identify=identify(firstname="data")), order(data={"a": {"b": 1}}), "value_object"),
        (destination(defaultProperties={"hs_device_type": "Phone"}), order(), "property_value_option"),
        (destination(defaultProperties={"hs_screen_width": "wide"}), order(), "property_value_number"),
    ],
)  # fmt: skip
def test_what_is_hardly_meant_is_said_and_fails_nothing(
    config: dict[str, Any], event: dict[str, Any], code: str, tmp_path: Path
) -> None:
    done = preview(tmp_path, config, event)
    assert set(done.codes("doubtful")) - {code, "email_invalid" if "contact_email" in code else ""} == set()
    assert not code or code in done.codes("doubtful")
    assert (done.codes("refused"), done.codes("lost"), done.exit_code) == ([], [], 0)
    assert preview(tmp_path, config, event, "--fail-on", "doubtful").exit_code == (1 if code else 0)


@pytest.mark.parametrize(
    ("config", "event"),
    [
        (destination(mapping=rule(eventName="a" * 50)), order()),
        (destination(mapping=rule(properties=fixed(link_text="x" * 1024))), order()),
        (destination(mapping=rule(properties=fixed(price="$5"))), order()),
        (destination(mapping=rule(properties=fixed(price="$100 off"))), order()),
        (destination(mapping=rule(properties={"map": {"size": "data.size"}})), order(data={"site": "x"})),
        (destination(mapping=rule(properties={"map": {"kind": "data.type"}})), order(data={"name": "x"})),
        (destination(mapping=rule(properties={"map": {"two": "data.item2"}})), order(data={"item1": "x"})),
        (destination(mapping=rule(properties={"map": {"a": "data.a", "b": "data.b"}})), order(data={"a": None})),
        (destination(mapping=rule(properties={"map": {"n": {"fn": "$code:(e) => null"}}})), order()),
        (destination(mapping=rule(properties={"map": {"n": {"loop": ["nested", "data.name"]}}})), order(nested=[])),
        (destination(more={"policy": {"extra.kind": {"value": "x"}}},
                     mapping=rule(properties={"map": {"kind": "extra.kind"}})), order()),
        (destination(objectId="user.id"), order(user={"id": "12345"})),
        (destination(), order(user={"email": "o'neill+news@sub.example.co.uk"})),
        (destination(), order(user={"email": "jürgen@größe.de"})),
        (destination(), order(user={"email": "ADA@EXAMPLE.ORG"})),
        (destination(), order(consent={"marketing": "false"})),
        (destination(more={"consent": {"marketing": True}}),
         order(consent={"marketing": True, "statistics": "no"})),
        (destination(identify=identify(lifecyclestage={"value": "lead"}, phone={"value": "1"})), order()),
        (destination(identify=identify(unknown_to_us={"value": "x"})), order()),
        (destination(mapping={"order": {"*": {}}}), order()),
        (destination(mapping={"order": {"complete": {"silent": True}}}), order()),
        (destination(defaultProperties={"hs_device_type": "PDA;Smartphone"}), order()),
    ],
)  # fmt: skip
def test_an_ordinary_event_raises_no_alarm(
    config: dict[str, Any], event: dict[str, Any], tmp_path: Path
) -> None:
    done = preview(tmp_path, config, event)
    assert done.codes() == []
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("config", "event", "code"),
    [
        (destination(email="usr.email", objectId="customer.id"), order(), "identity_path"),
        (destination(email={"key": "usr.email"}), order(), "identity_path"),
        (destination(email="user.id"), order(user={"id": 5}), "identity_number"),
        (destination(email="user.id"), order(user={"id": True}), "identity_number"),
        (destination(email="user"), order(), "identity_number"),
        (destination(identify=identify(firstname="user.first")), order(), "contact_empty"),
    ],
)
def test_what_never_arrives_is_lost(
    config: dict[str, Any], event: dict[str, Any], code: str, tmp_path: Path
) -> None:
    done = preview(tmp_path, config, event)
    assert code in done.codes("lost")
    assert done.exit_code == 1
    assert preview(tmp_path, config, event, "--fail-on", "refused").exit_code == 0
    assert preview(tmp_path, config, event, "--fail-on", "never").exit_code == 0


@pytest.mark.parametrize(
    ("config", "code", "severity"),
    [
        (destination(mapping=rule(eventName="purchse")), "event_undefined", "refused"),
        (destination(mapping=rule(eventName="purchase", properties=fixed(revenue="a"))), "property_value_number",
         "doubtful"),
        (destination(mapping=rule(eventName="purchase", properties=fixed(Revenue="1"))), "", ""),
        (destination(mapping=rule(eventName="purchase"), identify=identify(birthday={"value": "2026-01-31"})), "", ""),
        (destination(mapping=rule(eventName="purchase"), identify=identify(birthday={"value": "1795000000"})),
         "contact_value_midnight", "refused"),
        (destination(mapping=rule(eventName="purchase"), identify=identify(code={"value": "same"})),
         "contact_unique_constant", "doubtful"),
        (destination(mapping=rule(eventName="purchase"), identify=identify(birthdy={"value": "x"})),
         "contact_property_unknown", "refused"),
    ],
)  # fmt: skip
def test_the_account_file_decides_what_the_account_has(
    config: dict[str, Any], code: str, severity: str, tmp_path: Path
) -> None:
    done = preview(tmp_path, config, order(), account=ACCOUNT)
    assert [(finding["code"], finding["severity"]) for finding in done.findings] == (
        [(code, severity)] if code else []
    )


def test_a_path_that_no_event_has_is_told_once_at_the_end(tmp_path: Path) -> None:
    config = destination(mapping=rule(properties={"map": {"coupon": "data.coupon", "t": "data.total"}}))
    few = preview(tmp_path, config, [order(id=f"{number:016x}") for number in range(19)])
    assert few.codes() == []
    many = preview(tmp_path, config, [order(id=f"{number:016x}") for number in range(20)])
    assert [finding["code"] for finding in many.summary["findings"]] == ["path_never_met"]
    assert [event["findings"] for event in many.events] == [[]] * 20
    found = many.summary["findings"][0]
    assert found["configPath"] == "mapping.order.complete.settings.properties.map.coupon"
    once = [*(order(id=f"{number:016x}") for number in range(30)), order(data={"coupon": "x"})]
    assert preview(tmp_path, config, once).codes() == []


def test_a_finding_names_the_line_in_the_file_that_it_comes_from(tmp_path: Path) -> None:
    done = preview(tmp_path, destination(mapping=rule(eventName="Add To Cart")), order())
    (found,) = done.findings
    assert found["configPath"] == "mapping.order.complete.settings.eventName"
    assert found["file"] == str(tmp_path / "config.json")
    line = (tmp_path / "config.json").read_text("utf-8").splitlines()[found["line"] - 1]
    assert '"eventName": "Add To Cart"' in line
    assert found["path"] == "occurrence.eventName"


def test_the_outcome_says_refused_and_the_table_says_how_often(tmp_path: Path) -> None:
    events = [order(id=f"{number:016x}") for number in range(3)]
    done = preview(tmp_path, destination(mapping=rule(eventName="Add To Cart")), events)
    assert [event["outcome"] for event in done.events] == ["refused"] * 3
    never = preview(
        tmp_path, destination(mapping=rule(eventName="Add To Cart")), events, "--fail-on", "never"
    )
    assert never.exit_code == 0
    assert done.summary["outcomes"] == {"refused": 3}
    (reason,) = done.summary["reasons"]
    assert (reason["code"], reason["count"], reason["firstLine"]) == ("event_name_characters", 3, 1)


def test_a_refused_contact_leaves_the_event_what_this_mode_makes_of_it(tmp_path: Path) -> None:
    config = destination(identify=identify(createdate={"value": "2026-01-01"}))
    assert preview(tmp_path, config, order()).events[0]["outcome"] == "sent"
    assert preview(tmp_path, config, order(), "--parity").events[0]["outcome"] == "refused"
    silent = {**config, "mapping": {"order": {"complete": {"silent": True}}}}
    assert preview(tmp_path, silent, order()).events[0]["outcome"] == "refused"


def test_no_findings_turns_the_verdict_off(tmp_path: Path) -> None:
    config = destination(mapping=rule(eventName="Add To Cart"))
    done = preview(tmp_path, config, order(), "--no-findings")
    assert (done.exit_code, done.codes(), done.events[0]["outcome"]) == (0, [], "sent")


def test_a_contact_that_was_never_written_is_not_called_unchanged(tmp_path: Path) -> None:
    config = destination(
        identify={"map": {"email": "user.email"}}, mapping={"order": {"complete": {"silent": True}}}
    )
    done = preview(tmp_path, config, [order(), order(id="0000000000000002")])
    assert "contact_unchanged" not in [event["reason"] for event in done.events]


def test_a_stage_that_goes_back_within_the_run_is_doubtful(tmp_path: Path) -> None:
    config = destination(identify=identify(lifecyclestage="data.stage"))
    events = [order(data={"stage": "customer"}), order(data={"stage": "lead"}, id="0000000000000002")]
    assert preview(tmp_path, config, events).codes() == ["lifecycle_backward"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "an account file begins with"),
        ('{"version": 2, "portalId": 1}', "version"),
        ('{"version": 1}', "portalId"),
        ('{"version": 1, "portalId": 1, "contacts": []}', "contacts"),
        (
            '{"version": 1, "portalId": 1, "contactProperties": [{"type": "date"}]}',
            "contactProperties.0.name",
        ),
        (
            '{"version": 1, "portalId": 1, "contactProperties": [{"name": "a", "type": "dat"}]}',
            "the unknown type 'dat'",
        ),
        ('{"version": 1,\n "portalId": }', "line 2: invalid JSON"),
    ],
)
def test_a_broken_account_file_is_named_and_nothing_runs(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "account.json").write_text(content, encoding="utf-8")
    (tmp_path / "config.json").write_text('{"settings": {"eventNamePrefix": "pe1_"}}', encoding="utf-8")
    (tmp_path / "events.json").write_text("{}", encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("config.json", "events.json", "account.json")]
    done = CliRunner().invoke(command, [*paths[:2], "--account", paths[2]])
    assert done.exit_code == 2
    assert message in done.stderr
    assert "account.json" in done.stderr


def agreeing(**consent: Any) -> list[dict[str, Any]]:
    return [order(id=f"{number:016x}", consent=consent) for number in range(20)]


@pytest.mark.parametrize(
    ("more", "events", "options", "codes"),
    [
        ({"consent": {"marketing": True}}, [order(consent={"Marketing": True})], [], ["consent_name"]),
        ({"consent": {"ad_storage": True}}, [order(consent={"adStorage": True})], [], ["consent_name"]),
        ({"consent": {"marketing": True}}, [order(consent={"marketng": True})], [], ["consent_name"]),
        ({"consent": {"marketing": True}}, [order(consent={"Marketing": False})], ["--consent", "marketing"],
         ["consent_name"]),
        ({"consent": {"marketing": True}}, [order(consent={"Marketing": True, "marketing": True})], [], []),
        ({"consent": {"marketing": True}}, [order(consent={"statistics": True})], [], []),
        ({"consent": {"ads": True}}, [order(consent={"abs": True})], [], []),
        ({"consent": {"ads": True}}, agreeing(marketing=True), [], ["consent_never_given"]),
        ({"consent": {"ads": True}}, agreeing(marketing=True), ["--consent", "ads"], []),
        ({"consent": {"ads": True}}, agreeing(marketing=True)[:19], [], []),
        ({"consent": {"ads": True, "marketing": True}}, agreeing(marketing=True), [], []),
        ({"consent": {"ads": True}}, [order(id=f"{number:016x}") for number in range(30)], [], []),
        ({}, agreeing(marketing="no"), [], []),
    ],
)  # fmt: skip
def test_a_consent_that_nothing_gives_under_this_name_is_told(
    more: dict[str, Any], events: list[dict[str, Any]], options: list[str], codes: list[str], tmp_path: Path
) -> None:
    done = preview(tmp_path, destination(more=more), events, *options)
    assert sorted(set(done.codes())) == codes


def test_a_property_or_an_entity_called_consent_asks_for_no_consent(tmp_path: Path) -> None:
    mapping = {
        "consent": {"given": {"settings": {"eventName": "given"}}},
        "order": {"complete": {"settings": {"properties": {"map": {"consent": {"key": "data.id"}}}}}},
    }
    done = preview(tmp_path, destination(mapping=mapping), agreeing(Key=True, given=False))
    assert done.codes() == []


def test_an_address_that_the_contact_is_refused_for_is_told_once(tmp_path: Path) -> None:
    config = destination(identify=identify(firstname={"value": "Ada"}))
    done = preview(tmp_path, config, order(user={"email": "ada@example.con"}))
    assert done.codes() == ["contact_email_invalid"]
    assert preview(tmp_path, destination(), order(user={"email": "ada@example.con"})).codes() == [
        "email_invalid"
    ]


def preview_alone(folder: Path, config: dict[str, Any], *options: str) -> tuple[int, list[str], str]:
    """Preview a configuration without events: exit code, codes, text."""
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    as_json = CliRunner().invoke(command, [str(folder / "config.json"), "--json", *options])
    text = CliRunner().invoke(command, [str(folder / "config.json"), *options])
    assert text.exit_code == as_json.exit_code
    return (
        as_json.exit_code,
        [finding["code"] for finding in json.loads(as_json.stdout)["findings"]],
        text.stdout,
    )


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        (destination(mapping=rule(eventName="Add To Cart")), ["event_name_characters"]),
        (destination(mapping={"order": {"größe": {}}}), ["event_name_characters"]),
        (destination(mapping={"order": {"complete": {"name": "pe12345678_x"}}}), ["event_prefix_doubled"]),
        (destination(eventNamePrefix="12345678", mapping=rule()), ["event_prefix"]),
        (destination(mapping=rule(properties=fixed(**{"Order Total": "1"}))), ["property_name_characters"]),
        (destination(mapping=rule(properties=fixed(note="x" * 257))), ["value_length"]),
        (destination(defaultProperties={"Total": "1"}, mapping=rule(properties=fixed(total="1"))),
         ["property_name_capital", "property_name_twins"]),
        (destination(identify=identify(lifecyclestage={"value": "VIP"}), mapping=rule()), ["contact_value_option"]),
        (destination(identify=identify(createdate="data.at"), mapping=rule()), ["contact_property_read_only"]),
        (destination(email="usr.email"), ["identity_path"]),
        (destination(mapping=rule(eventName="$PREFIX")), ["reference_unknown", "event_name_characters"]),
    ],
)  # fmt: skip
def test_the_configuration_alone_shows_what_is_certain(
    config: dict[str, Any], codes: list[str], tmp_path: Path
) -> None:
    exit_code, found, text = preview_alone(tmp_path, config)
    assert found == codes
    assert exit_code == (0 if codes[-1] == "property_name_twins" else 1)
    assert all(code in text for code in codes)
    assert preview_alone(tmp_path, config, "--no-findings")[:2] == (0, [])


@pytest.mark.parametrize(
    "config",
    [
        destination(),
        destination(
            mapping={"Order Größe": {"*": {}}, "x": {"Y Z!": {"ignore": True}, "Ü": {"silent": True}}}
        ),
        destination(mapping=rule(eventName="purchase", properties={"map": {"revenue": "data.total"}})),
    ],
)
def test_what_depends_on_events_is_not_said_of_the_configuration(
    config: dict[str, Any], tmp_path: Path
) -> None:
    exit_code, codes, text = preview_alone(tmp_path, config)
    assert (exit_code, codes) == (0, [])
    assert "config.json: fine" in text
