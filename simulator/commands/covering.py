"""`hubspot-sim generate --cover CONFIG`: events that reach everything in a configuration."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import orjson

from hubspot_dest.saying import ExitCode, print_data, safe_text, say, stop

if TYPE_CHECKING:
    from simulator.synthesis.cover import Coverage

__all__ = ["write_cover"]


def write_cover(path: Path, seed: int, output: Path | None, *, as_json: bool) -> NoReturn:
    """Write the events and say what they reach, and what not and why.

    Events go to `output`, or to standard output; with `as_json` the result goes to standard output, and the events to
    `output` only. Exit code 0: everything that can be reached is. 1: something is not, and nobody knows why. 2: it
    could not run.
    """
    from hubspot_dest.commands.options import open_config
    from hubspot_dest.configfile import TOKEN_VARIABLE
    from simulator.synthesis.cover import cover

    os.environ.setdefault(TOKEN_VARIABLE, "none-is-needed-to-plan")
    result = cover(open_config(path), seed)
    body = b"".join([orjson.dumps(event) + b"\n" for event in result.events])
    try:
        if output is not None:
            output.write_bytes(body)
        elif not as_json:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise SystemExit(int(ExitCode.OK)) from None
    except OSError as error:
        stop(f"{safe_text(output or 'the output')} cannot be written: {error.strerror}")
    if as_json:
        print_data(orjson.dumps(result.plain()).decode())
    _tell(result)
    raise SystemExit(int(ExitCode.OK if result.complete else ExitCode.WANTING))


def _tell(result: Coverage) -> None:
    say(f"{result.sentence}, with {len(result.events)} events ({result.tried:,} tried)")
    for one in result.unreached:
        what = "cannot be reached" if one.proven else "not reached"
        say(f"{what}: {safe_text(one.label, limit=200)}: {safe_text(one.reason, limit=300)}")
