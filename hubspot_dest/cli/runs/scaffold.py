"""Run `hubspot-dest scaffold`."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubspot_dest.account.account_file import write_account_file
from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
from hubspot_dest.amounts import amount, plural, verb
from hubspot_dest.cli.bad_lines import unusable
from hubspot_dest.cli.console import print_document, say, stop
from hubspot_dest.cli.options import writing
from hubspot_dest.cli.read_progress import ReadProgress
from hubspot_dest.config.model import Config
from hubspot_dest.definitions.account_content import planned_account
from hubspot_dest.definitions.needs import DefinitionNeeds
from hubspot_dest.definitions.planner import plan_definitions
from hubspot_dest.flow.step_examples import step_examples
from hubspot_dest.intake.reader import BadLine, IntakeError, read_events, source_name
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.scaffold.event_survey import EventSurvey
from hubspot_dest.scaffold.flow_draft import DraftExample, FlowDraft, draft_lines, flow_draft
from hubspot_dest.storage.whole_file import write_whole_file
from hubspot_dest.verify.example_check import play_step_example

__all__ = ["scaffold"]


def scaffold(
    events: str, output: Path | None, portal: int, definitions: Path | None, max_line_bytes: int
) -> None:
    """Run `scaffold`; the options are those of `commands/scaffold.py`."""
    logging.getLogger("hubspot_dest").propagate = False
    for file, option in ((output, "-o"), (definitions, "--definitions")):
        if file is not None and file.exists():
            stop(
                f"{safe_text(file)} exists already; nothing was written", f"choose another name for {option}"
            )
    if definitions is not None and source_name(events) == "standard input":
        stop("--definitions reads the events twice, but standard input can be read only once", "use a file")
    survey = _survey(events, max_line_bytes)
    if not survey.events:
        stop(f"{safe_text(source_name(events))} has no usable event")
    draft = flow_draft(survey, portal)
    config = Config.strict(draft.config)
    lines = list(draft_lines(draft, source_name(events), _played(draft, config)))
    if output is None:
        for line in lines:
            print_document(line)
    else:
        with writing(output):
            write_whole_file(output, ("\n".join(lines) + "\n").encode())
    if definitions is not None:
        _write_definitions(definitions, config, draft, events, max_line_bytes)
    properties = sum(len(rule.properties) for rule in draft.rules)
    said = f"{survey.events:,} {plural(survey.events, 'event')}: {amount(len(draft.rules), 'rule')}"
    examples = amount(len(draft.examples), "step example")
    say(f"{said} with {amount(properties, 'property')}, {examples}")
    name = safe_text(output or "flow.yaml")
    say(f"next: hubspot-dest verify {name} {safe_text(events)}")


def _survey(events: str, max_line_bytes: int) -> EventSurvey:
    survey, progress, bad = EventSurvey(), ReadProgress(events), list[BadLine]()
    try:
        for read in read_events(events, max_line_bytes=max_line_bytes):
            if isinstance(read, BadLine):
                bad.append(read)
                continue
            survey.add(read.event)
            progress.show(survey.events, read.end)
    except IntakeError as error:
        stop(safe_text(error))
    progress.clear()
    if bad:
        lines = "1 line is not an event" if len(bad) == 1 else f"{len(bad):,} lines are not events"
        say(f"warning: {lines}; the first: {unusable(bad[0], events)}")
    if survey.other_kinds:
        left = f"{amount(survey.other_kinds, 'event')} with further names {verb(survey.other_kinds, 'are')}"
        say(f"warning: the draft has the first {len(survey.kinds):,} event names; {left} not in it")
    return survey


def _played(draft: FlowDraft, config: Config) -> list[DraftExample]:
    """Return the examples with their calls, except those of events that fail."""
    found = []
    for example in draft.examples:
        (given,) = step_examples({"examples": {example.name: {"in": example.event}}})
        played = None if given.problems else play_step_example(config, given, UNKNOWN_ACCOUNT)
        if played is not None and not played.failure:
            found.append(DraftExample(example.name, example.event, played.calls))
    return found


def _write_definitions(
    path: Path, config: Config, draft: FlowDraft, events: str, max_line_bytes: int
) -> None:
    """Write the required account, with property types that follow from the values."""
    needs = DefinitionNeeds(config.raw, UNKNOWN_ACCOUNT)
    # Events that wait for consent also need their definitions, once it is granted.
    consent = dict.fromkeys(draft.config.get("consent") or (), True)
    run = DryRun(replace(config, collector={**config.collector, "consent": consent}))
    for read in read_events(events, max_line_bytes=max_line_bytes):
        if not isinstance(read, BadLine):
            needs.add_plan(run.plan(read.event, 0, traced=True))
    plan = plan_definitions(needs, config.raw, source=None, account=UNKNOWN_ACCOUNT, account_name="")
    content: dict[str, Any] = planned_account(plan, UNKNOWN_ACCOUNT)
    with writing(path):
        write_account_file(path, content)
    say(
        f"{amount(len(plan.events), 'definition')} of portal {draft.prefix.strip('pe_')} written: {safe_text(path)}"
    )
