"""Run `hubspot-dest diff`."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from hubspot_dest.amounts import amount
from hubspot_dest.checks.finding import Finding
from hubspot_dest.cli.bad_lines import unusable
from hubspot_dest.cli.command_hint import with_real_names
from hubspot_dest.cli.console import print_data, print_document, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import consent_states, open_config, use_colour
from hubspot_dest.cli.read_progress import ReadProgress
from hubspot_dest.cli.standard_input import refuse_unread_input
from hubspot_dest.config.model import Config
from hubspot_dest.diff.causes import CauseFinder, ConfigVariations, ProfileVariations
from hubspot_dest.diff.comparison import PlanComparison
from hubspot_dest.diff.plan_change import PlanChange
from hubspot_dest.intake.reader import BadLine, IntakeError, read_events, source_name
from hubspot_dest.mapping.dialect import dialect_of
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import Profile, profile_of
from hubspot_dest.report.diff_text import (
    DiffTitle,
    change_record,
    diff_lines,
    diff_markdown,
    diff_record,
    diff_sentence,
)
from hubspot_dest.report.json_report import as_json as json_text
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.prediction import refusal

__all__ = ["diff"]

_POLICIES: Final = MappingProxyType(
    {
        "honour_skip": "skip: true suppresses the event here; walkerOS 4 ignores it",
        "stringify_defaults": "default properties become texts here; walkerOS sends them unconverted",
        "refuse_bad_dates": "a timestamp that is not a date fails its event here; walkerOS fails the call",
        "settled_order": "overlapping edits of a policy apply in the order of the configuration here",
        "omit_unprintable": "a value that has no text is left out here; in walkerOS, it fails the event",
        "omit_emptied": "a loop without any value is left out here; walkerOS sends an empty text",
        "dialect": "the mapping language of walkerOS 4.7 here, without the defects of 4.4",
    }
)


def diff(
    files: tuple[str, ...],
    against: str | None,
    fail_on: Literal["change", "loss", "never"],
    consent: tuple[str, ...],
    parity: bool,
    walkeros: str,
    as_json: bool,
    markdown: bool,
    no_color: bool,
    max_line_bytes: int,
) -> None:
    """Run `diff`; the options are those of `commands/diff.py`."""
    logging.getLogger("hubspot_dest").propagate = False
    if len(files) != (3 if against is None else 2):
        usage = "diff OLD NEW EVENTS" if against is None else "diff CONFIG EVENTS --against walkeros"
        stop(f"{amount(len(files), 'file')} given", f"hubspot-dest {usage}")
    if as_json and markdown:
        stop("--json and --markdown exclude each other")
    if against is not None and parity:
        stop("--parity would compare walkerOS with itself", "leave --parity out")
    events = files[-1]
    refuse_unread_input(events, "hubspot-dest diff OLD NEW -", open_pipe=True)
    opened = [open_config(Path(name), needs_token=False) for name in files[:-1]]
    states = consent_states(consent, *(config.raw for config in opened))
    configs = [_with_consent(config, states) for config in opened]
    dialect = dialect_of(walkeros)
    if against is None:
        profile = profile_of(dialect, parity=parity)
        comparison, title = _of_configs(configs[0], configs[1], files, profile)
    else:
        ours, theirs = profile_of(dialect, parity=False), profile_of(dialect, parity=True)
        comparison, title = _of_profiles(configs[0], ours, theirs, files, walkeros)
    refusals = _NewRefusals(*configs, parity=parity) if against is None else None
    _play(events, max_line_bytes, comparison, refusals, print_changes=as_json)
    if as_json:
        print_data(json_text(diff_record(comparison, title)))
    else:
        painter = Painter(colour=use_colour(refused=no_color))
        lines = diff_markdown(comparison, title) if markdown else diff_lines(comparison, title, painter)
        write = print_document if markdown else print_data
        for line in lines:
            write(line)
    if as_json or markdown:
        say(diff_sentence(comparison))
    for text in () if refusals is None else refusals.sentences():
        say(text)
    if against is not None:
        say(
            "what depends on HubSpot's responses is not compared: walkerOS loses the events of unknown contacts (404) "
            "and of failed requests (docs/departures.md)"
        )
    if comparison.events == 0:
        say(f"error: {safe_text(source_name(events))} has no usable event")
        raise SystemExit(int(ExitCode.USAGE_ERROR))
    if comparison.sending == 0 and fail_on != "never":
        stop(
            f"none of {amount(comparison.events, 'event')} is sent either way, so nothing was compared",
            with_real_names(
                "run hubspot-dest preview CONFIG EVENTS to see why; --consent NAME grants consent",
                config=files[-2],
                events=events,
            ),
        )
    failed = bool(comparison.bad_lines) or _fails(comparison, fail_on)
    raise SystemExit(int(ExitCode.CHECK_FAILED if failed else ExitCode.OK))


def _fails(comparison: PlanComparison, fail_on: Literal["change", "loss", "never"]) -> bool:
    if fail_on == "never":
        return False
    if fail_on == "change":
        return comparison.changed > 0
    return comparison.losses > 0


class _NewRefusals:
    """Counts the events that HubSpot refuses as NEW sends them, but not as OLD does."""

    def __init__(self, old: Config, new: Config, *, parity: bool) -> None:
        self._old = Judge(old.raw, source=old.source)
        self._new = Judge(new.raw, source=new.source)
        self._parity = parity
        self._found: dict[str, tuple[Finding, int, int]] = {}

    def add(self, before: Plan, after: Plan, now_ms: int, number: int) -> None:
        """Judge the plans of an event, of which the number is its line."""
        found = refusal(after, self._new.judge(after, now_ms), parity=self._parity)
        was = refusal(before, self._old.judge(before, now_ms), parity=self._parity)
        if found is not None and (was is None or was.code != found.code):
            first, count, line = self._found.get(found.code, (found, 0, number))
            self._found[found.code] = (first, count + 1, line)

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each cause, with the number of its events and the place in NEW."""
        for finding, count, line in self._found.values():
            place = f"{finding.file}, line {finding.line}: " if finding.file and finding.line else ""
            yield (
                f"HubSpot refuses what NEW sends for {amount(count, 'event')}, first in line {line}: {finding.code}: "
                f"{safe_text(place + finding.sentence, limit=300)}"
            )


def _play(
    source: str,
    max_line_bytes: int,
    comparison: PlanComparison,
    refusals: _NewRefusals | None,
    *,
    print_changes: bool,
) -> None:
    """Compare every event of a source, and count the lines that are not events."""
    now_ms = time.time_ns() // 1_000_000
    progress = ReadProgress(source)
    try:
        for read in read_events(source, max_line_bytes=max_line_bytes):
            if isinstance(read, BadLine):
                comparison.bad_lines += 1
                say(f"error: {unusable(read, source)}")
                continue
            compared = comparison.compare(read.event, now_ms, number=read.number)
            change = compared.change
            if refusals is not None:
                refusals.add(compared.before, compared.after, now_ms, read.number)
            if print_changes and change is not None:
                _print_change(change)
            progress.show(comparison.events, read.end)
    except IntakeError as error:
        stop(safe_text(error))
    progress.clear()


def _print_change(change: PlanChange) -> None:
    print_data(json_text(change_record(change)))


def _of_configs(
    old: Config, new: Config, files: tuple[str, ...], profile: Profile
) -> tuple[PlanComparison, DiffTitle]:
    def planner(config: Config) -> DryRun:
        return DryRun(config, profile=profile)

    variations = ConfigVariations(old, new, planner)
    places = {}
    for label, config_difference in zip(variations.labels, variations.differences, strict=True):
        source = new.source or old.source
        line = source.line(config_difference.path) if source is not None else None
        if source is not None and line is not None:
            places[label] = f"{source.file}, line {line}"
    title = DiffTitle(files[0], files[1], source_name(files[2]), places, {}, list(variations.labels))
    return PlanComparison(planner(old), planner(new), CauseFinder(variations)), title


def _of_profiles(
    config: Config, ours: Profile, theirs: Profile, files: tuple[str, ...], walkeros: str
) -> tuple[PlanComparison, DiffTitle]:
    def planner(profile: Profile) -> DryRun:
        return DryRun(config, profile=profile)

    variations = ProfileVariations(ours, theirs, planner)
    labels = list(variations.labels)
    title = DiffTitle(
        "hubspot-dest", f"walkerOS {walkeros}", source_name(files[1]), {}, _explained(labels), labels
    )
    return PlanComparison(planner(ours), planner(theirs), CauseFinder(variations)), title


def _explained(labels: Iterable[str]) -> dict[str, str]:
    return {label: _POLICIES[label] for label in labels if label in _POLICIES}


def _with_consent(config: Config, states: dict[str, bool]) -> Config:
    if not states:
        return config
    known = config.collector.get("consent")
    consent = {**(known if isinstance(known, dict) else {}), **states}
    return replace(config, collector={**config.collector, "consent": consent})
