"""Run `hubspot-dest definitions`."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hubspot_dest.account.account_file import AccountFileError, parse_account, write_account_file
from hubspot_dest.account.pull import pull_account
from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountSchema
from hubspot_dest.amounts import amount
from hubspot_dest.cli.bad_lines import unusable
from hubspot_dest.cli.command_hint import with_real_names
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import (
    ConnectionOptions,
    connected,
    consent_states,
    is_real,
    open_account,
    open_config,
    use_colour,
    writing,
)
from hubspot_dest.cli.planned_events import plan_events
from hubspot_dest.config.connection import DEFAULT_BASE_URL
from hubspot_dest.config.model import Config
from hubspot_dest.definitions.account_content import planned_account
from hubspot_dest.definitions.apply import DefinitionStep, apply_plan
from hubspot_dest.definitions.needs import DefinitionNeeds
from hubspot_dest.definitions.plan import DefinitionsPlan
from hubspot_dest.definitions.plan_text import plan_lines, plan_records, plan_sentence, size_text
from hubspot_dest.definitions.planner import plan_definitions
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.diff.plan_change import planned_calls
from hubspot_dest.intake.reader import source_name
from hubspot_dest.planning.plan import Plan
from hubspot_dest.report.fixes import fix_for_error
from hubspot_dest.report.json_report import as_json as json_line
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter

__all__ = ["apply", "client_of", "plan", "pulled_account", "reading_hint"]

_LIVE: Final = "live"
_READ_SCOPES: Final = "behavioral_events.event_definitions.read_write and crm.schemas.contacts.read"
_WRITE_SCOPES: Final = "behavioral_events.event_definitions.read_write and crm.schemas.contacts.write"


def plan(
    config: Path,
    events: str | None,
    reach: ConnectionOptions,
    consent: tuple[str, ...],
    max_line_bytes: int,
    as_json: bool,
    no_color: bool,
    against: str | None,
    output: Path | None,
) -> None:
    """Run `definitions plan`; the options are those of `commands/definitions.py`."""
    logging.getLogger("hubspot_dest").propagate = False
    if reach.base_url is not None and against != _LIVE:
        stop(
            "--base-url has no effect without --against live: HubSpot is not contacted", "add --against live"
        )
    loaded = connected(open_config(config, needs_token=against == _LIVE), reach)
    account, name = UNKNOWN_ACCOUNT, ""
    if against == _LIVE:
        account = pulled_account(client_of(loaded))
        name = f"portal {account.portal_id}"
    elif against is not None:
        account, name = open_account(Path(against)), against
    made = _plan(loaded, events, consent, max_line_bytes, account, name)
    if output is not None:
        _write(output, made, account)
    _show(made, as_json=as_json, painter=Painter(colour=use_colour(refused=no_color)))
    lacking = made.count("conflict", "impossible") + (made.count("missing") if made.account else 0)
    if made.account and made.count("missing") and not _foreign(made, account):
        say(f"to create them: hubspot-dest definitions apply {safe_text(config)} --live")
    raise SystemExit(int(ExitCode.CHECK_FAILED if lacking else ExitCode.OK))


def apply(
    config: Path,
    events: str | None,
    reach: ConnectionOptions,
    consent: tuple[str, ...],
    max_line_bytes: int,
    as_json: bool,
    no_color: bool,
    live: bool,
    yes: bool,
) -> None:
    """Run `definitions apply`; the options are those of `commands/definitions.py`."""
    logging.getLogger("hubspot_dest").propagate = False
    if live and reach.base_url is not None:
        stop("--live and --base-url name two targets", "use only one of them")
    if not live and reach.base_url is None:
        stop(
            "no target: apply has no default target",
            "use --base-url http://127.0.0.1:8080, or --live for the real HubSpot",
        )
    loaded = _target(connected(open_config(config), reach), live=live)
    if is_real(loaded) and not live:
        stop("--base-url is the real HubSpot", "use --live, which asks for confirmation")
    client = client_of(loaded)
    account = pulled_account(client)
    made = _plan(loaded, events, consent, max_line_bytes, account, f"portal {account.portal_id}")
    painter = Painter(colour=use_colour(refused=no_color))
    if not as_json:
        _show(made, as_json=False, painter=painter)
    if _foreign(made, account):
        said = f"the event names are for portal {made.portal_id}, but the token is for portal {account.portal_id}"
        stop(f"{said}; nothing was created", f"settings.eventNamePrefix: pe{account.portal_id}_")
    missing = made.count("missing") - sum(  # the properties of a new definition are created with it
        len([prop for prop in event.properties if prop.state == "missing"])
        for event in made.events
        if event.state == "missing"
    )
    if missing and live and not yes:
        _ask(missing, account)
    counts: Counter[str] = Counter()
    created: Counter[str] = Counter()
    new_properties = {
        event.full_name: sum(prop.state != "impossible" for prop in event.properties) for event in made.events
    }
    for step in apply_plan(made, client, time.sleep):
        counts[step.kind] += 1
        if step.kind == "created":
            created[step.what] += 1
            # A definition is created together with its properties, which are not separate steps.
            created["property"] += new_properties[step.name] if step.what == "event" else 0
        _show_step(step, as_json=as_json)
    _sum_up(made, counts, created, as_json=as_json)
    unfinished = counts["failed"] + counts["not_tried"] + made.count("conflict", "impossible")
    raise SystemExit(int(ExitCode.CHECK_FAILED if unfinished else ExitCode.OK))


def pulled_account(client: HubSpotClient) -> AccountSchema:
    """Read the account from HubSpot; exit with code 2 if HubSpot does not answer."""
    try:
        return parse_account(pull_account(client), "HubSpot's response")
    except DeliveryError as error:
        stop(f"the account cannot be read: {safe_text(error.describe())}", reading_hint(error))
    except AccountFileError as error:
        stop(safe_text(error))


def reading_hint(error: DeliveryError) -> str:
    """Return what to do if the account cannot be read."""
    if error.status == 403:
        return f"the token needs {_READ_SCOPES}"
    return safe_text(with_real_names(fix_for_error(error)))


def _target(config: Config, *, live: bool) -> Config:
    """Return the configuration; with --live, its address is the real HubSpot's, whatever the file contains."""
    if not live or is_real(config):
        return config
    return replace(config, connection=replace(config.connection, base_url=DEFAULT_BASE_URL))


def client_of(config: Config) -> HubSpotClient:
    """Return a client for the HubSpot of a configuration."""
    return HubSpotClient(config.token, timeout_seconds=config.timeout_ms / 1000, connection=config.connection)


def _plan(
    config: Config,
    events: str | None,
    consent: tuple[str, ...],
    max_line_bytes: int,
    account: AccountSchema,
    name: str,
) -> DefinitionsPlan:
    needs = DefinitionNeeds(config.raw, account)
    if events is None:
        needs.add_configuration()
    else:
        _add_events(needs, config, events, consent_states(consent, config.raw), max_line_bytes)
    return plan_definitions(needs, config.raw, source=config.source, account=account, account_name=name)


def _add_events(
    needs: DefinitionNeeds, config: Config, source: str, states: dict[str, bool], max_line_bytes: int
) -> None:
    """Plan every event of a source, without any network."""
    sending = 0

    def add(plan: Plan) -> None:
        nonlocal sending
        needs.add_plan(plan)
        sending += bool(planned_calls(plan))

    planned = plan_events(config, source, states, add, max_line_bytes=max_line_bytes, traced=True)
    if not sending:
        stop(
            f"none of {amount(planned.count, 'event')} in {safe_text(source_name(source))} is sent, "
            "so what must exist is unknown",
            "grant the consent they wait for with --consent NAME"
            if planned.waiting
            else with_real_names("run hubspot-dest preview CONFIG EVENTS to see why"),
        )
    if bad := planned.bad:
        lines = f"the needs of {amount(len(bad), 'line')} of {source_name(source)} without an event"
        needs.unknown[f"{lines} (the first: {unusable(bad[0], source)})"] = None
    if planned.waiting:
        waiting = f"the needs of {amount(planned.waiting, 'event')} waiting for consent (grant it with --consent NAME)"
        needs.unknown[waiting] = None


def _write(path: Path, made: DefinitionsPlan, account: AccountSchema) -> None:
    try:
        with writing(path):
            write_account_file(path, planned_account(made, account))
    except ValueError as error:
        stop(f"{safe_text(path)} was not written: {safe_text(error)}")
    say(f"written to {safe_text(path)}")


def _show(made: DefinitionsPlan, *, as_json: bool, painter: Painter) -> None:
    if as_json:
        for record in plan_records(made):
            print_data(json_line(record))
        print_data(json_line(_summary(made)))
        return
    for line in plan_lines(made, painter):
        print_data(line)
    say(plan_sentence(made))


def _summary(made: DefinitionsPlan) -> dict[str, Any]:
    return {
        "summary": True,
        "portalId": made.portal_id,
        "events": len(made.events),
        "properties": sum(1 for _ in made.properties()),
        "account": made.account or None,
        "states": {
            state: made.count(state)
            for state in ("needed", "missing", "present", "conflict", "impossible")
            if made.count(state)
        },
        "fromEvents": made.from_events,
        "unknown": list(made.unknown),
    }


def _foreign(made: DefinitionsPlan, account: AccountSchema) -> bool:
    return made.portal_id is not None and account.portal_id not in (None, made.portal_id)


def asks_on_terminal() -> bool:
    """Return whether a question can be asked on a terminal."""
    return sys.stdin.isatty()


def _ask(missing: int, account: AccountSchema) -> None:
    """Ask for confirmation on the terminal; without a terminal, --yes is required."""
    if not asks_on_terminal():
        stop("--live writes to the real HubSpot, and there is no terminal for confirmation", "add --yes")
    said = f"create {missing} in portal {account.portal_id} of the real HubSpot? Type yes: "
    sys.stderr.write(said)
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        stop("not confirmed; nothing was created")


def _show_step(step: DefinitionStep, *, as_json: bool) -> None:
    if as_json:
        print_data(json_line(step.as_dict()))
        return
    words = {"created": "created", "failed": "FAILED", "not_tried": "not tried"}
    line = f"{words[step.kind]}: {step.what} {safe_text(step.name)}"
    if step.error is not None:
        line += f": {safe_text(step.error.describe())}"
    print_data(line)
    if step.error is not None and step.error.status == 403:
        say(f"  try: the token needs {_WRITE_SCOPES}")
    elif step.error is not None and step.error.status == 409 and step.what == "event":
        say("  try: choose another settings.eventName; the name of a deleted definition cannot be reused")


def _sum_up(made: DefinitionsPlan, counts: Counter[str], created: Counter[str], *, as_json: bool) -> None:
    if as_json:
        states = {kind: counts[kind] for kind in ("created", "failed", "not_tried")}
        print_data(json_line({**_summary(made), **states}))
    unchanged = made.count("conflict", "impossible")
    size = size_text(*(created[what] for what in ("event", "property", "event property", "contact property")))
    parts = [f"created {size}" if created.total() else "created nothing"]
    parts += [
        f"{counts[kind]} {word}"
        for kind, word in (("failed", "failed"), ("not_tried", "not tried"))
        if counts[kind]
    ]
    if unchanged:
        parts.append(f"{unchanged} left unchanged, see above")
    say(
        "; ".join(parts)
        if sum(counts.values()) or unchanged
        else f"nothing to do: {made.account} has everything"
    )
