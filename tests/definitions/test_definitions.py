"""`definitions plan` and `apply`: what must exist first, with its type and line; created once, and nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hubspot_dest.account.account_file import account_content, parse_account, read_account_file
from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
from hubspot_dest.cli.commands.definitions import command
from hubspot_dest.cli.commands.preview import command as preview
from hubspot_dest.definitions.apply import apply_plan
from hubspot_dest.definitions.needs import DefinitionNeeds
from hubspot_dest.definitions.planner import plan_definitions
from hubspot_dest.definitions.value_type import ValueType
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot

CONFIG = """\
settings:
  accessToken: pat-na1-00000000-0000-0000-0000-000000000000
  eventNamePrefix: pe12345678_
  defaultProperties: { channel: web, hs_touchpoint_source: walkerOS }
  identify:
    map:
      email: user.email
      properties: { map: { firstname: user.first, plan: data.plan, member: data.member } }
mapping:
  order:
    complete:
      settings:
        eventName: purchase
        properties:
          map:
            revenue: data.total
            order_id: data.id
            paid: data.paid
            shipped: data.shipped
            seen_at: data.at
            items: { fn: "$code:(event) => 3" }
            source: { value: 7 }
  page:
    view: { settings: { properties: { map: { hs_page_title: data.title } } } }
"""
ORDER = {
    "name": "order complete",
    "timestamp": 1_763_000_000_000,
    "user": {"email": "ada@example.org", "first": "Ada"},
    "data": {
        "id": "007",
        "total": 99.5,
        "paid": True,
        "shipped": "2026-01-31",
        "at": "2026-01-31T10:00:00Z",
        "plan": "pro",
        "member": False,
    },
}
TYPES = {
    "channel": "string",
    "revenue": "number",
    "order_id": "string",
    "paid": "bool",
    "shipped": "date",
    "seen_at": "datetime",
    "items": "number",
    "source": "number",
}


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(portal_id=12345678)) as server:
        yield server


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    events = [ORDER, {**ORDER, "name": "page view", "data": {"title": "Home"}}]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    return tmp_path


def run(files: Path, *arguments: str, input_: str = "", **environment: str) -> Result:
    config, events = str(files / "shop.yaml"), str(files / "events.jsonl")
    words = [{"CONFIG": config, "EVENTS": events}.get(argument, argument) for argument in arguments]
    return CliRunner().invoke(command, words, input=input_, env=environment)


def rows(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_plan_names_event_property_type_sample_and_line(files: Path) -> None:
    done = run(files, "plan", "CONFIG", "EVENTS", "--json")
    assert done.exit_code == 0, done.output
    *found, summary = rows(done)
    purchase = {row["property"]: row for row in found if row["event"] == "pe12345678_purchase"}
    assert {name: row["type"] for name, row in purchase.items() if name} == TYPES
    assert purchase["revenue"]["sample"] == "99.5"
    lines = CONFIG.splitlines()
    assert {name: lines[row["line"] - 1].strip().split(":")[0] for name, row in purchase.items() if name} == {
        **{name: name for name in TYPES},
        "channel": "defaultProperties",
    }
    assert lines[purchase[None]["line"] - 1].strip() == "eventName: purchase"
    contact = {row["property"]: row["type"] for row in found if row["event"] is None}
    assert contact == {"plan": "string", "member": "bool"}
    assert summary["events"] == 2


def test_a_standard_property_of_hubspot_is_not_planned(files: Path) -> None:
    names = {row["property"] for row in rows(run(files, "plan", "CONFIG", "EVENTS", "--json"))[:-1]}
    assert not names & {"hs_page_title", "hs_touchpoint_source", "firstname", "email"}


def test_without_events_names_and_fixed_values_are_known_and_the_rest_is_said(files: Path) -> None:
    *found, summary = rows(run(files, "plan", "CONFIG", "--json"))
    purchase = {
        row["property"]: row for row in found if row["event"] == "pe12345678_purchase" and row["property"]
    }
    assert set(purchase) == set(TYPES)
    assert {name for name, row in purchase.items() if row["certain"]} == {"channel", "source"}
    assert purchase["source"]["type"] == "number"
    assert summary["unknown"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5], "number"),
        ([1, "2"], "string"),
        (["007", "8"], "string"),
        ([True, False], "bool"),
        ([True, "yes"], "string"),
        (["2026-01-31"], "date"),
        (["2026-01-31", "2026-01-31T10:00:00Z"], "datetime"),
        (["2026-02-31"], "string"),
        (["2026-01-31T99:99:00Z"], "string"),
        ([float("inf")], "string"),
        (["", "a"], "string"),
        ([], "string"),
        ([["a", "b"]], "string"),
    ],
)
def test_a_type_takes_every_value_that_was_seen(values: list[Any], expected: str) -> None:
    inferred = ValueType()
    for value in values:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        inferred.add(value, text)
    assert inferred.name == expected


def test_apply_makes_a_strict_account_take_what_it_refused_and_twice_does_nothing(
    hubspot: FakeHubSpot, files: Path
) -> None:
    def statuses() -> list[int]:
        hubspot.journal.clear()
        destination = HubSpotDestination(_loaded(hubspot), base_url=hubspot.base_url)
        for event in (ORDER, {**ORDER, "name": "page view", "data": {"title": "Home", "plan": "pro"}}):
            destination.push(json.loads(json.dumps(event)))
        destination.close()
        return [entry.answer.status for entry in hubspot.journal.entries()]

    assert any(status >= 400 for status in statuses() if status != 404)
    first = run(
        files, "apply", "CONFIG", "EVENTS", "--base-url", hubspot.base_url, HUBSPOT_ACCESS_TOKEN=hubspot.token
    )
    assert first.exit_code == 0, first.output
    size = "2 events with 9 properties, and 2 contact properties"
    assert f"{size}: portal 12345678 has none of them\ncreated {size}\n" in first.stderr
    assert not [status for status in statuses() if status >= 400 and status != 404]
    hubspot.journal.clear()
    second = run(
        files, "apply", "CONFIG", "EVENTS", "--base-url", hubspot.base_url, HUBSPOT_ACCESS_TOKEN=hubspot.token
    )
    assert second.exit_code == 0, second.output
    assert "nothing to do" in second.stderr
    assert {entry.method for entry in hubspot.journal.entries()} == {"GET"}


@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
def test_apply_speaks_every_version_of_the_api_and_adds_to_a_definition_that_exists(
    hubspot: FakeHubSpot, files: Path, version: str
) -> None:
    purchase = {"name": "purchase", "properties": [{"name": "revenue", "type": "number"}]}
    content = {"version": 1, "portalId": 12345678, "eventDefinitions": [purchase], "contactProperties": []}
    hubspot.account.adopt(parse_account(content))
    call = ("apply", "CONFIG", "EVENTS", "--base-url", hubspot.base_url, "--api-version", version)
    first = run(files, *call, HUBSPOT_ACCESS_TOKEN=hubspot.token)
    assert first.exit_code == 0, first.output
    assert "created: event property pe12345678_purchase.order_id" in first.stdout
    paths = [entry.target.decode() for entry in hubspot.journal.entries() if entry.method == "POST"]
    assert all(f"/{version}/" in path for path in paths)
    assert "nothing to do" in run(files, *call, HUBSPOT_ACCESS_TOKEN=hubspot.token).stderr


def _loaded(hubspot: FakeHubSpot) -> dict[str, Any]:
    import yaml

    raw: dict[str, Any] = yaml.safe_load(CONFIG)
    raw["settings"]["accessToken"] = hubspot.token
    return raw


def test_the_written_file_is_an_account_that_has_everything(files: Path) -> None:
    output = files / "account.json"
    assert run(files, "plan", "CONFIG", "EVENTS", "-o", str(output)).exit_code == 0
    schema = read_account_file(output)
    assert schema.portal_id == 12345678
    assert run(files, "plan", "CONFIG", "EVENTS", "--against", str(output)).exit_code == 0
    done = CliRunner().invoke(
        preview, [str(files / "shop.yaml"), str(files / "events.jsonl"), "--account", str(output)]
    )
    assert done.exit_code == 0, done.output


def test_an_account_file_that_is_written_says_what_was_read() -> None:
    content = {
        "version": 1,
        "portalId": 7,
        "eventDefinitions": [
            {"fullyQualifiedName": "pe7_a", "properties": [{"name": "p", "type": "number", "label": "P"}]}
        ],
        "contactProperties": [
            {
                "name": "kind",
                "type": "enumeration",
                "fieldType": "select",
                "options": [{"value": "a", "label": "A", "displayOrder": 0}],
                "hasUniqueValue": True,
                "modificationMetadata": {"readOnlyValue": True},
            }
        ],
        "limits": {"callsPerDay": 5},
    }
    schema = parse_account(content)
    assert account_content(schema, 1) == content
    assert parse_account(account_content(schema, 1)) == schema
    assert account_content(UNKNOWN_ACCOUNT, 3) == {"version": 1, "portalId": 3}


def test_a_type_that_does_not_take_the_values_is_said_and_left_as_it_is(
    hubspot: FakeHubSpot, files: Path
) -> None:
    hubspot.account.adopt(
        parse_account(
            {
                "version": 1,
                "portalId": 12345678,
                "eventDefinitions": [
                    {
                        "name": "purchase",
                        "properties": [
                            {"name": "order_id", "type": "number"},
                            {"name": "shipped", "type": "number"},
                        ],
                    }
                ],
                "contactProperties": [{"name": "plan", "type": "number"}],
            }
        )
    )
    done = run(
        files, "apply", "CONFIG", "EVENTS", "--base-url", hubspot.base_url, HUBSPOT_ACCESS_TOKEN=hubspot.token
    )
    assert done.exit_code == 1
    assert "conflict: pe12345678_purchase.shipped" in done.stdout
    assert "conflict: contact.plan" in done.stdout or "conflict: (contact).plan" in done.stdout
    definition = hubspot.account.definitions["pe12345678_purchase"]
    assert definition.properties["shipped"].type == "number"
    assert definition.properties["revenue"].type == "number"  # what is missing is created all the same
    assert "conflict" not in {
        row["state"] for row in rows(run(files, "plan", "CONFIG", "EVENTS", "--json"))[:-1]
    }


def test_a_name_that_no_account_can_have_is_impossible_and_not_tried(
    hubspot: FakeHubSpot, files: Path
) -> None:
    text = CONFIG.replace("eventName: purchase", "eventName: Order Completed!").replace("revenue:", "9x:")
    (files / "shop.yaml").write_text(text, encoding="utf-8")
    done = run(files, "plan", "CONFIG", "EVENTS")
    assert done.exit_code == 1
    assert "impossible: pe12345678_Order Completed!" in done.stdout
    assert "impossible: pe12345678_Order Completed!.9x" in done.stdout
    run(
        files, "apply", "CONFIG", "EVENTS", "--base-url", hubspot.base_url, HUBSPOT_ACCESS_TOKEN=hubspot.token
    )
    assert all(entry.answer.status < 400 for entry in hubspot.journal.entries())


def test_apply_has_no_default_target_and_asks_before_the_real_one(files: Path) -> None:
    for arguments, said in (
        ((), "no default target"),
        (("--live",), "--yes"),
        (("--live", "--base-url", "http://127.0.0.1:9"), "two targets"),
        (("--base-url", "https://api.hubapi.com"), "use --live, which asks"),
    ):
        done = run(files, "apply", "CONFIG", "EVENTS", "--proxy", "http://127.0.0.1:9", *arguments)
        assert done.exit_code == 2
        if arguments != ("--live",):  # that one reads the account first, and the proxy leads nowhere
            assert said in done.stderr
        assert "Traceback" not in done.output


def test_a_token_of_another_portal_creates_nothing(files: Path) -> None:
    with FakeHubSpot(HubSpot(portal_id=999)) as other:
        done = run(
            files, "apply", "CONFIG", "EVENTS", "--base-url", other.base_url, HUBSPOT_ACCESS_TOKEN=other.token
        )
        assert done.exit_code == 2
        assert "portal 12345678" in done.stderr
        assert {entry.method for entry in other.journal.entries()} == {"GET"}


@pytest.mark.parametrize(
    ("typed", "terminal", "options", "code", "said"),
    [
        ("yes\n", True, (), 0, "created"),
        ("y\n", True, (), 2, "not confirmed"),
        ("", True, (), 2, "not confirmed"),
        ("yes\n", False, (), 2, "--yes"),
        ("", False, ("--yes",), 0, "created"),
    ],
)
def test_the_real_hubspot_is_written_to_after_a_typed_yes_only(
    hubspot: FakeHubSpot,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    terminal: bool,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    # What the file names is not a target; --live means the real one, for which the server stands here.
    text = CONFIG.replace("settings:\n", "settings:\n  baseUrl: http://127.0.0.1:9\n", 1)
    (files / "shop.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("hubspot_dest.cli.runs.definitions.DEFAULT_BASE_URL", hubspot.base_url)
    monkeypatch.setattr("hubspot_dest.cli.runs.definitions.asks_on_terminal", lambda: terminal)
    token = {"HUBSPOT_ACCESS_TOKEN": hubspot.token}
    done = run(files, "apply", "CONFIG", "EVENTS", "--live", *options, input_=typed, **token)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert bool(hubspot.account.definitions) == (code == 0)


def test_a_token_without_a_scope_makes_what_it_may_and_says_what_it_lacks(files: Path) -> None:
    scopes = [
        "behavioral_events.event_definitions.read_write",
        "crm.schemas.contacts.read",
    ]
    with FakeHubSpot() as server:
        token = server.new_account(portal_id=12345678, scopes=scopes)
        target = ("--base-url", server.base_url)
        done = run(files, "apply", "CONFIG", "EVENTS", *target, HUBSPOT_ACCESS_TOKEN=token)
        assert done.exit_code == 1
        assert "created: event pe12345678_purchase" in done.stdout
        assert "FAILED: contact property member" in done.stdout
        assert "not tried: contact property plan" in done.stdout
        assert "crm.schemas.contacts.write" in done.output
        assert token not in done.output


class _Writer:
    """Fails as told: call number to error."""

    def __init__(self, errors: dict[int, DeliveryError]) -> None:
        self.errors = errors
        self.made: list[str] = []
        self.count = 0

    def _make(self, name: str) -> None:
        self.count += 1
        if self.count in self.errors:
            raise self.errors[self.count]
        self.made.append(name)

    def create_definition(self, body: dict[str, Any]) -> None:
        self._make(body["name"])

    def create_definition_property(self, event_name: str, body: dict[str, Any]) -> None:
        self._make(f"{event_name}.{body['name']}")

    def create_contact_property(self, body: dict[str, Any]) -> None:
        self._make(body["name"])


def _empty_account_plan() -> Any:
    import yaml

    raw = yaml.safe_load(CONFIG)
    account = parse_account(
        {"version": 1, "portalId": 12345678, "eventDefinitions": [], "contactProperties": []}
    )
    needs = DefinitionNeeds(raw, account)
    destination = HubSpotDestination(raw, client=NullClient(), traced=True)
    for event in (ORDER, {**ORDER, "name": "page view"}):
        plan = destination.push(event).plan
        assert plan is not None
        needs.add_plan(plan)
    return plan_definitions(needs, raw, account=account)


def test_a_partial_failure_names_what_was_made_and_what_was_not() -> None:
    writer = _Writer({1: DeliveryError("refused", "already exists", status=409)})
    steps = list(apply_plan(_empty_account_plan(), writer, lambda _: None))
    assert [(step.kind, step.name) for step in steps] == [
        ("failed", "pe12345678_page_view"),
        ("created", "pe12345678_purchase"),
        ("created", "member"),
        ("created", "plan"),
    ]
    assert writer.made == ["purchase", "member", "plan"]


@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (DeliveryError("unauthorized", "no", status=401), ["failed", "not_tried", "not_tried", "not_tried"]),
        (DeliveryError("unreachable", "no"), ["failed", "not_tried", "not_tried", "not_tried"]),
        (DeliveryError("unauthorized", "no", status=403), ["failed", "not_tried", "created", "created"]),
    ],
)
def test_what_fails_for_all_is_not_tried_again_and_again(error: DeliveryError, kinds: list[str]) -> None:
    assert [
        definition_step.kind
        for definition_step in apply_plan(_empty_account_plan(), _Writer({1: error}), lambda _: None)
    ] == kinds


def test_a_rate_limit_is_waited_for_and_a_daily_one_is_not() -> None:
    waits: list[float] = []
    burst = DeliveryError("rate_limited", "slow", status=429, retry_after=3)
    steps = list(apply_plan(_empty_account_plan(), _Writer({1: burst, 2: burst}), waits.append))
    assert {step.kind for step in steps} == {"created"}
    assert waits == [3, 3]
    daily = DeliveryError("rate_limited", "tomorrow", status=429, policy_name="DAILY")
    assert next(apply_plan(_empty_account_plan(), _Writer({1: daily}), waits.append)).kind == "failed"
    assert waits == [3, 3]


@pytest.mark.parametrize("fault", ["401", "403", "429", "500", "503"])
def test_an_account_that_does_not_answer_ends_with_2_and_a_sentence(files: Path, fault: str) -> None:
    with FakeHubSpot(HubSpot(portal_id=12345678), faults=[fault]) as hubspot:
        for arguments in (("plan", "CONFIG", "--against", "live"), ("apply", "CONFIG")):
            target = ("--base-url", hubspot.base_url)
            done = run(files, *arguments, *target, HUBSPOT_ACCESS_TOKEN=hubspot.token)
            assert done.exit_code == 2, done.output
            assert "the account cannot be read" in done.stderr
            assert fault in done.stderr
            assert hubspot.token not in done.output


def test_names_that_exceed_hubspots_limits_are_impossible() -> None:
    raw: dict[str, Any] = {"settings": {"eventNamePrefix": "pe12345678_"}}
    raw["mapping"] = {
        "a": {
            "b": {
                "settings": {
                    "eventName": "many",
                    "properties": {"map": {f"p{n:02}": "data.x" for n in range(55)}},
                }
            }
        },
        "e": {f"n{number}": {} for number in range(505)},
    }
    needs = DefinitionNeeds(raw, UNKNOWN_ACCOUNT)
    needs.add_configuration()
    made = plan_definitions(needs, raw)
    assert sum(event.state == "impossible" for event in made.events) == 6
    many = next(event for event in made.events if event.full_name == "pe12345678_many")
    assert sum(prop.state == "impossible" for prop in many.properties) == 5


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('{"name":"order complete","user":{"email":"ada@example.org"}}\n', "with --consent NAME"),
        ("{broken\n", "events.jsonl, line 1, column 2: invalid JSON"),
    ],
)
def test_events_that_send_nothing_never_prove_that_the_account_has_everything(
    tmp_path: Path, lines: str, said: str
) -> None:
    config, events = tmp_path / "config.yaml", tmp_path / "events.jsonl"
    config.write_text(CONFIG + "consent: { marketing: true }\n", encoding="utf-8")
    events.write_text(lines, encoding="utf-8")
    account = tmp_path / "account.json"
    account.write_text('{"version": 1, "portalId": 12345678, "eventDefinitions": []}', encoding="utf-8")
    done = CliRunner().invoke(command, ["plan", str(config), str(events), "--against", str(account)])
    assert done.exit_code == 2
    assert said in done.stderr
