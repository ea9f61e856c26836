"""A guided tour as a YAML file: what is said, what is waited for, what is done, and what is pointed at."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import msgspec
import yaml

from simulator.engine.filtering import FilterError, parse_filter
from simulator.hubspot.faults_syntax import FaultSyntaxError
from simulator.tui.palette import PALETTES
from simulator.tui.views.faults import faults_named

__all__ = ["Step", "Tour", "TourError", "Wait", "default_tour", "read_tour"]

POINTS = ("stream", "detail", "cards", "batch", "outcomes", "hubspot", "header", "left", "right")
_VIEWS = ("live", "checks", "hubspot", "mapping", "faults")
_NUMBERED = {"step": (1, 100_000), "rate": (0, 100_000), "batch": (0, 500), "seed": (-(2**53), 2**53)}
"""The commands with a number, and from where to where it may go."""
_BARE = ("pause", "resume", "flush", "clear", "again", "follow", "grant", "details", "anew")
COMMANDS = (*_BARE, *_NUMBERED, "view", "throw", "select", "filter", "theme")


class TourError(ValueError):
    """A tour that cannot be played: where, and what is wrong."""


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a step waits for before it goes on.

    Attributes:
        row: a filter; a row that came, or changed, since the step began must match it.
        seconds: so long, and no event is needed.
        key: for the speaker, even when the tour plays by itself.
        within: how long to wait for the row before going on all the same.

    """

    row: str = ""
    seconds: float = 0.0
    key: bool = False
    within: float = 30.0


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: done first, then said and pointed at; then it waits.

    Attributes:
        say: what is said.
        title: a few words above it.
        do: commands such as `view hubspot`, `rate 4`, `throw 429:count=6`, `select outcome:skipped`.
        point: what is brought out.
        wait: what for; by default as long as reading takes.

    """

    say: str
    title: str = ""
    do: list[str] = []
    point: str = ""
    wait: Wait = Wait()

    @property
    def reading_seconds(self) -> float:
        """How long it takes to read it aloud without haste."""
        return 2.5 + 0.3 * len(self.say.split())


class Tour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A title and steps; `seed` decides the events."""

    title: str
    steps: list[Step]
    seed: int = 1


def default_tour() -> Tour:
    """Return the tour that ships."""
    return read_tour(Path(str(resources.files("simulator.tui").joinpath("tours", "shop.yaml"))))


def read_tour(path: Path) -> Tour:
    """Read a tour.

    Raises:
        TourError: the file cannot be read, is no YAML, or a step asks for something that there is not.

    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TourError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise TourError(f"{path}: broken YAML: {error}") from None
    try:
        tour = msgspec.convert(raw, Tour)
    except msgspec.ValidationError as error:
        raise TourError(f"{path}: {error}") from None
    if not tour.steps:
        raise TourError(f"{path}: a tour has at least one step")
    for number, step in enumerate(tour.steps, 1):
        try:
            _check(step)
        except (ValueError, FilterError, FaultSyntaxError) as error:
            raise TourError(f"{path}, step {number}: {error}") from None
    return tour


def _check(step: Step) -> None:
    if step.point and step.point not in POINTS:
        raise ValueError(f"nothing is called {step.point!r}; point at {', '.join(POINTS)}")
    parse_filter(step.wait.row)
    for command in step.do:
        word, _, rest = command.partition(" ")
        if word not in COMMANDS:
            raise ValueError(f"{word!r} cannot be done; there are {', '.join(COMMANDS)}")
        _check_rest(word, rest)


def _check_number(word: str, rest: str) -> None:
    least, most = _NUMBERED[word]
    try:
        number = float(rest)
    except ValueError:
        raise ValueError(f"{word!r} needs a number, not {rest!r}") from None
    whole = "" if word == "rate" else "whole "
    if not least <= number <= most or (whole and number != int(number)):
        raise ValueError(f"{word!r} needs a {whole}number from {least:g} to {most:g}, not {rest!r}")


def _check_rest(word: str, rest: str) -> None:
    if word in _NUMBERED:
        _check_number(word, rest)
    elif word in _BARE and rest:
        raise ValueError(f"{word!r} stands alone")
    elif word == "view" and rest not in _VIEWS:
        raise ValueError(f"there is no view {rest!r}; there are {', '.join(_VIEWS)}")
    elif word == "theme" and rest not in PALETTES:
        raise ValueError(f"there is no theme {rest!r}; there are {', '.join(PALETTES)}")
    elif word == "throw":
        faults_named(rest)
    elif word in ("select", "filter"):
        parse_filter(rest)
