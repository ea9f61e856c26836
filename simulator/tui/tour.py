"""A guided tour as a YAML file: texts, actions, what to wait for, and what to point at."""

from __future__ import annotations

import math
import re
from importlib import resources
from pathlib import Path

import msgspec
import yaml

from hubspot_dest.config.yaml_document import BoundedLoader
from simulator.engine.row_filter import FilterError, parse_filter
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import FaultSyntaxError
from simulator.tui.fault_presets import faults_named
from simulator.tui.theme import PALETTES

__all__ = ["TourStep", "Tour", "TourError", "Wait", "default_tour", "split_command", "read_tour"]

POINTS = ("stream", "detail", "cards", "batch", "outcomes", "hubspot", "header", "left", "right")
_VIEWS = ("live", "checks", "hubspot", "mapping", "faults")
_NUMBERED = {"step": (1, 100_000), "rate": (0, 100_000), "batch": (0, 500), "seed": (-(2**53), 2**53)}
"""The commands with a number, each with its least and its greatest."""
_BARE = ("pause", "resume", "flush", "clear", "again", "follow", "grant", "details", "anew")
COMMANDS = (*_BARE, *_NUMBERED, "view", "throw", "select", "filter", "theme")


_SEEDS = _NUMBERED["seed"]
_MISMATCH = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>\w+)`")
_SHAPES = {
    "object": "a mapping", "array": "a list", "str": "a text", "int": "a whole number", "float": "a number",
    "bool": "true or false", "null": "nothing",
}  # fmt: skip
_GOT = {**_SHAPES, "float": "a fraction"}


class TourError(ValueError):
    """A tour that cannot be played: where, and what is wrong."""


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a step waits for before the tour continues.

    Attributes:
        row: a filter; a row that came or changed since the step began must match it.
        earlier: a row that came or changed during the step before will do as well.
        seconds: how long to wait; no event is needed.
        key: wait for the speaker's key, even when the tour plays by itself.
        within: how long to wait for the row before continuing without it.

    """

    row: str = ""
    earlier: bool = False
    seconds: float = 0.0
    key: bool = False
    within: float = 30.0


class TourStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: its actions, then its text and pointer; then it waits.

    Attributes:
        say: the text; `{delivered}` and the other figures are filled in.
        awaiting: the text until the row comes that the step waits for; by default `say`.
        missed: the text if the row did not come; by default `say`.
        small: what replaces `say` on a small screen.
        title: a few words above the text.
        do: commands such as `view hubspot`, `rate 4`, `throw 429:count=6`, `select outcome:skipped`.
        point: the part of the screen to highlight.
        wait: what to wait for; by default as long as reading takes.

    """

    say: str
    awaiting: str = ""
    missed: str = ""
    small: str = ""
    title: str = ""
    do: list[str] = []
    point: str = ""
    wait: Wait = Wait()

    @property
    def reading_seconds(self) -> float:
        """How long it takes to read the text aloud without haste."""
        return 2.5 + 0.3 * len(self.say.split())


class Tour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A title and steps; `seed` decides the events."""

    title: str
    steps: list[TourStep]
    seed: int = 1


def default_tour() -> Tour:
    """Return the tour that ships."""
    return read_tour(Path(str(resources.files("simulator.tui").joinpath("tours", "shop.yaml"))))


def read_tour(path: Path) -> Tour:
    """Read a tour.

    Raises:
        TourError: the file cannot be read, is not YAML, or a step names something that does not exist.

    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=BoundedLoader)  # noqa: S506 - a safe one
    except UnicodeDecodeError:
        raise TourError(f"{path} cannot be read: it is not text in UTF-8") from None
    except OSError as error:
        raise TourError(f"{path} cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise TourError(f"{path}: invalid YAML{_yaml_place(error)}") from None
    try:
        tour = msgspec.convert(raw, Tour)
    except msgspec.ValidationError as error:
        raise TourError(f"{path}{_shape_error(str(error))}") from None
    if not tour.steps:
        raise TourError(f"{path}: a tour has at least one step")
    if not _SEEDS[0] <= tour.seed <= _SEEDS[1]:
        raise TourError(f"{path}: seed needs a whole number from {_SEEDS[0]} to {_SEEDS[1]}, not {tour.seed}")
    for number, step in enumerate(tour.steps, 1):
        try:
            _check(step)
        except (ValueError, FilterError, FaultSyntaxError) as error:
            raise TourError(f"{path}, step {number}: {error}") from None
    return tour


def split_command(command: str) -> tuple[str, str]:
    """Return a command's word and its argument."""
    word, _, rest = command.strip().partition(" ")
    return word, rest.strip()


def _yaml_place(error: Exception) -> str:
    """Return where YAML is broken, and why, in one line."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return (f", line {mark.line + 1}, column {mark.column + 1}" if mark else "") + f": {problem}"


def _shape_error(message: str) -> str:
    """Return an error of msgspec in the words of a tour's author: which step, which part, what is wrong."""
    message, _, path = message.partition(" - at ")
    steps, *parts = re.findall(r"\w+(?:\[\d+\])?", path) or [""]
    found = re.fullmatch(r"steps\[(\d+)\]", steps)
    places = [f"step {int(found[1]) + 1}"] if found else [steps] if steps else []
    for part in parts:
        name, _, index = part.rstrip("]").partition("[")
        places += [name, f"number {int(index) + 1}"] if index else [name]
    where = "".join(f", {place}" for place in places)
    kind: type[msgspec.Struct] = Wait if parts == ["wait"] else TourStep if found and not parts else Tour
    fields = ", ".join(kind.__struct_fields__)
    if name := re.search(r"unknown field `(.*)`", message):
        return f"{where}: there is no {name[1]!r}; there are {fields}"
    if name := re.search(r"missing required field `(.*)`", message):
        return f"{where}: {name[1]!r} is missing"
    if shapes := _MISMATCH.search(message):
        wanted = _SHAPES.get(shapes["wanted"].partition(" ")[0], shapes["wanted"])
        instead = f" with {fields}" if wanted == "a mapping" else ""
        return f"{where}: this needs {wanted}{instead}, not {_GOT.get(shapes['got'], shapes['got'])}"
    return f"{where}: {message}"


def _check(step: TourStep) -> None:
    if step.point and step.point not in POINTS:
        raise ValueError(f"{step.point!r} is no part of the screen; point at {', '.join(POINTS)}")
    for name, seconds in (("seconds", step.wait.seconds), ("within", step.wait.within)):
        if not 0 <= seconds < math.inf:
            raise ValueError(f"wait, {name}: this needs a number of seconds, not {seconds:g}")
    parse_filter(step.wait.row)
    for command in step.do:
        word, rest = split_command(command)
        if word not in COMMANDS:
            raise ValueError(f"there is no command {word!r}; there are {', '.join(COMMANDS)}")
        _check_rest(word, rest)


def _check_number(word: str, rest: str) -> None:
    least, most = _NUMBERED[word]
    try:
        number = float(rest)
    except ValueError:
        given = repr(rest) if rest else "nothing"
        raise ValueError(f"{word!r} needs a number, not {given}") from None
    whole = "" if word == "rate" else "whole "
    if not least <= number <= most or (whole and number != int(number)):
        raise ValueError(f"{word!r} needs a {whole}number from {least:g} to {most:g}, not {rest!r}")


def _check_rest(word: str, rest: str) -> None:
    if word in _NUMBERED:
        _check_number(word, rest)
    elif word in _BARE and rest:
        raise ValueError(f"{word!r} takes no argument")
    elif word == "view" and rest not in _VIEWS:
        raise ValueError(f"there is no view {rest!r}; there are {', '.join(_VIEWS)}")
    elif word == "theme" and rest not in PALETTES:
        raise ValueError(f"there is no theme {rest!r}; there are {', '.join(PALETTES)}")
    elif word == "throw":
        _check_fault(rest)
    elif word == "select" and not rest:
        raise ValueError("'select' needs a filter, such as outcome:failed")
    elif word in ("select", "filter"):
        parse_filter(rest)


def _check_fault(rest: str) -> None:
    try:
        faults_named(rest)
    except FaultSyntaxError as error:
        stories = f"; the stories are {', '.join(STORIES)}" if "there is no fault" in str(error) else ""
        raise ValueError(f"{error}{stories}") from None
