"""Every command of both programs has a test that adds up what it says at its end, or says no numbers of events."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import click
import pytest

from hubspot_dest.cli.main import _group as sender
from simulator.cli import _group as simulator

SENDER, SIMULATOR = "tests.cli.test_sums", "tests.simulator.commands.test_sums"
ADDED_UP = {
    "hubspot-dest account pull": f"{SENDER}::test_account_pull",
    "hubspot-dest definitions apply": f"{SENDER}::test_definitions",
    "hubspot-dest definitions plan": f"{SENDER}::test_definitions",
    "hubspot-dest diff": f"{SENDER}::test_diff",
    "hubspot-dest doctor": f"{SENDER}::test_doctor",
    "hubspot-dest lint": f"{SENDER}::test_lint",
    "hubspot-dest listen": f"{SENDER}::test_listen",
    "hubspot-dest outbox dead": f"{SENDER}::test_every_verb_of_outbox",
    "hubspot-dest outbox export": f"{SENDER}::test_every_verb_of_outbox",
    "hubspot-dest outbox purge": f"{SENDER}::test_every_verb_of_outbox",
    "hubspot-dest outbox release": (
        "tests.streams.test_kafka::test_from_topic_to_hubspot_to_dead_and_waiting_letters_and_back"
    ),
    "hubspot-dest outbox retry": f"{SENDER}::test_every_verb_of_outbox",
    "hubspot-dest outbox status": f"{SENDER}::test_every_verb_of_outbox",
    "hubspot-dest preview": f"{SENDER}::test_preview",
    "hubspot-dest report": f"{SENDER}::test_verify_and_report",
    "hubspot-dest scaffold": f"{SENDER}::test_scaffold",
    "hubspot-dest send": (
        "tests.cli.test_send_closing_lines"
        "::test_what_came_in_is_what_went_out_was_skipped_was_refused_waits_or_is_safe"
    ),
    "hubspot-dest verify": f"{SENDER}::test_verify_and_report",
    "hubspot-dest work": (
        "tests.streams.test_work_command"
        "::test_a_running_worker_tells_how_it_is_and_sigterm_hands_over_within_ten_seconds"
    ),
    "hubspot-sim check": f"{SIMULATOR}::test_check",
    "hubspot-sim compare": f"{SIMULATOR}::test_the_commands_about_cassettes",
    "hubspot-sim conform": f"{SIMULATOR}::test_conform",
    "hubspot-sim generate": f"{SIMULATOR}::test_generate",
    "hubspot-sim import": f"{SIMULATOR}::test_import_says_what_it_takes_and_what_it_leaves_out",
    "hubspot-sim record": f"{SIMULATOR}::test_the_commands_about_cassettes",
    "hubspot-sim replay": f"{SIMULATOR}::test_the_commands_about_cassettes",
    "hubspot-sim run": f"{SIMULATOR}::test_run",
    "hubspot-sim scrub": f"{SIMULATOR}::test_scrub_says_how_many_cassettes_are_clean",
    "hubspot-sim serve": f"{SIMULATOR}::test_serve_says_how_many_requests_it_answered_and_how",
    "hubspot-sim tui": f"{SIMULATOR}::test_the_terminals_closing_lines",
}
NO_NUMBERS = {
    "hubspot-dest explain": "shows a page of the manual",
    "hubspot-dest follow": "shows the records of one event",
    "hubspot-dest init": "writes two files and names them",
}


def _commands(group: click.Group, name: str) -> Iterator[str]:
    context = click.Context(group)
    for child in group.list_commands(context):
        command = group.get_command(context, child)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {child}")
        else:
            yield f"{name} {child}"


def test_no_command_ends_with_numbers_that_no_test_adds_up() -> None:
    every = {*_commands(sender, "hubspot-dest"), *_commands(simulator, "hubspot-sim")}
    assert every == ADDED_UP.keys() | NO_NUMBERS.keys()
    assert not ADDED_UP.keys() & NO_NUMBERS.keys()


@pytest.mark.parametrize("place", sorted(set(ADDED_UP.values())))
def test_the_test_that_adds_up_is_there(place: str) -> None:
    module, _, name = place.partition("::")
    assert callable(getattr(importlib.import_module(module), name))
