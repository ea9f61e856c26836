"""Commands that a fix recommends, with the files and the address of the command that is running."""

from __future__ import annotations

import re
import shlex
from typing import Final

import click

from hubspot_dest.config.connection import Connection
from hubspot_dest.report.reason_catalogue import OUTCOME_WORDS
from hubspot_dest.report.safe_text import safe_text

__all__ = ["with_real_names"]

_COMMAND: Final = re.compile(r"hubspot-dest (doctor|preview|lint|definitions \w+) CONFIG( EVENTS)?\b")
_ASKS_HUBSPOT: Final = ("doctor", "definitions")
_LOCAL_FIX: Final = "is hubspot-sim serve running there?"


def with_real_names(text: str, *, config: object = None, events: object = None) -> str:
    """Return a fix with CONFIG and EVENTS of a recommended command replaced, and --base-url if it was given.

    If nothing answers at a --base-url of this machine, the fix is to start the simulator.

    Args:
        text: the fix.
        config: the configuration; by default the argument of the running command.
        events: the events; by default the argument of the running command. Standard input keeps the placeholder,
            since it cannot be read again.

    """
    context = click.get_current_context(silent=True)
    given = {} if context is None else context.params
    config = config or given.get("config")
    events = events or given.get("events")
    base_url = given.get("base_url")

    if base_url and Connection(base_url=str(base_url)).is_local:
        text = text.replace(OUTCOME_WORDS["unreachable"].fix, _LOCAL_FIX)

    def command(found: re.Match[str]) -> str:
        name, with_events = found[1], found[2]
        words = ["hubspot-dest", name, _word(config) if config else "CONFIG"]
        if with_events:
            words.append(_word(events) if events and str(events) != "-" else "EVENTS")
        if base_url and name.split()[0] in _ASKS_HUBSPOT:
            words += ["--base-url", _word(base_url)]
        return " ".join(words)

    return _COMMAND.sub(command, text)


def _word(value: object) -> str:
    return safe_text(shlex.quote(str(value)))
