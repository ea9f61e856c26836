"""What `hubspot-dest init` does."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from hubspot_dest.cli.console import say, stop
from hubspot_dest.report.safe_text import safe_text

__all__ = ["init"]

_FILES: Final = ("flow.yaml", "events.jsonl")


def init(folder: Path) -> None:
    """Carry `init` out; the options are those of `commands/init.py`."""
    templates = resources.files("hubspot_dest.scaffold").joinpath("templates")
    existing = [name for name in _FILES if (folder / name).exists()]
    if existing:
        stop(
            f"{safe_text(folder / existing[0])} exists already; nothing was written",
            "hubspot-dest init NEW_FOLDER",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            with (folder / name).open("xb") as stream:
                stream.write(templates.joinpath(name).read_bytes())
    except OSError as error:
        stop(f"{safe_text(error.filename or folder)} cannot be written: {error.strerror or error}")
    flow, events = (safe_text(folder / name) for name in _FILES)
    say(f"written: {flow}, {events}")
    say(f"next: hubspot-dest verify {flow} {events}")
