"""Load a configuration or a complete flow from JSON or YAML; every problem is reported with its line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hubspot_dest.config.document import Document, DocumentError, Position, SourceMap, parse_document
from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.config.validation import Problem
from hubspot_dest.flow.document import find_destination, ignored_parts, is_flow
from hubspot_dest.flow.references import FlowError
from hubspot_dest.flow.step_examples import StepExample, step_examples

__all__ = ["TOKEN_VARIABLE", "ConfigFileError", "file_of", "load_config", "load_examples", "read_document"]

TOKEN_VARIABLE = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
_MAX_BYTES = 16 * 1024 * 1024


class ConfigFileError(Exception):
    """A configuration file that cannot be used.

    Attributes:
        lines: one per problem, as shown to users: `shop.yaml, line 4: settings.batchsize: unknown key …`.

    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class _Opened:
    """A configuration as found in a file, with its positions and notes."""

    file: Path
    raw: Any
    places: dict[tuple[Any, ...], Position]
    prefix: tuple[Any, ...] = ()
    notes: list[str] = field(default_factory=list)
    entry: Any = None
    collector: dict[str, Any] = field(default_factory=dict)


def load_config(path: Path, *, needs_token: bool = True) -> tuple[Config, list[str]]:
    """Load and validate a configuration; HUBSPOT_ACCESS_TOKEN takes precedence over the file's token.

    Args:
        path: a destination's configuration, its entry in a flow, or a complete flow file; `FILE#flow.destination`
            selects one of several destinations.
        needs_token: reject a configuration without a token.

    Returns:
        The configuration, and its warnings as lines for users.

    Raises:
        ConfigFileError: the file cannot be read, is neither JSON nor YAML, or is not a valid configuration.

    """
    return _checked(_open(path), needs_token=needs_token)


def load_examples(path: Path) -> tuple[Config, list[StepExample]]:
    """Load a configuration, which needs no token, and its step examples; only an entry of a flow can have examples.

    Raises:
        ConfigFileError: see `load_config`.

    """
    opened = _open(path)
    return _checked(opened, needs_token=False)[0], step_examples(opened.entry)


def _checked(opened: _Opened, *, needs_token: bool) -> tuple[Config, list[str]]:
    def lines(problems: Iterable[Problem]) -> list[str]:
        return [_line(opened.file, opened.places, problem, opened.prefix) for problem in problems]

    try:
        config = Config.strict(opened.raw, token=os.environ.get(TOKEN_VARIABLE) or None)
        config.require_settings(needs_token=needs_token)
    except ConfigError as error:
        raise ConfigFileError(lines(error.problems) + opened.notes) from None
    if needs_token:
        try:
            config.check_token()
        except ConfigError as error:
            if not os.environ.get(TOKEN_VARIABLE):
                raise ConfigFileError(lines(error.problems) + opened.notes) from None
            messages = [f"{TOKEN_VARIABLE}: {problem.message} ({problem.hint})" for problem in error.problems]
            raise ConfigFileError(messages) from None
    if opened.collector:
        config = replace(config, collector=opened.collector)
    config = replace(config, source=_source_map(opened))
    return config, opened.notes + lines(config.warnings)


def _source_map(opened: _Opened) -> SourceMap:
    """Return the lines of the configuration, by paths from its own root."""
    depth = len(opened.prefix)
    lines = {
        path[depth:]: place.line for path, place in opened.places.items() if path[:depth] == opened.prefix
    }
    return SourceMap(str(opened.file), lines)


def read_document(path: Path) -> Any:
    """Load a JSON or YAML file; a key that occurs twice in a map is an error.

    Raises:
        ConfigFileError: the file cannot be read, or is neither JSON nor YAML.

    """
    return _parse(path, _read(path)).value


def file_of(path: Path) -> Path:
    """Return FILE of `FILE#flow.destination`."""
    return _selected(path)[0]


def _selected(path: Path) -> tuple[Path, str]:
    text = str(path)
    if "#" not in text or path.exists():
        return path, ""
    file, _, wanted = text.rpartition("#")
    return Path(file), wanted


def _open(path: Path) -> _Opened:
    file, wanted = _selected(path)
    document = _parse(file, _read(file))
    raw, places = document.value, document.positions
    if not is_flow(raw):
        if wanted:
            raise ConfigFileError([f"{file} is not a flow file, so it has no destination {wanted!r}"])
        return _unwrap(file, raw, places)
    try:
        destination = find_destination(raw, wanted, os.environ)
    except FlowError as error:
        raise ConfigFileError([_line(file, places, error.problem, ())]) from None
    notes = []
    if destination.several:
        notes.append(f"{file}: using destination {destination.name!r} of flow {destination.flow!r}")
    notes += [_line(file, places, note, ()) for note in destination.notes]
    return _Opened(
        file,
        destination.config,
        places,
        destination.path,
        notes,
        destination.entry,
        destination.collector,
    )


def _read(path: Path) -> str:
    try:
        if path.is_dir():
            raise ConfigFileError([f"{path} is a folder, not a file"])
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigFileError([f"{path} cannot be read: {error.strerror or error}"]) from None
    if len(content) > _MAX_BYTES:
        raise ConfigFileError([f"{path} is larger than 16 MiB"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigFileError([f"{path} is not UTF-8 text (byte {error.start})"]) from None


def _parse(path: Path, text: str) -> Document:
    """Parse a file; a key that occurs twice in a map is an error. Raises ConfigFileError."""
    try:
        document = parse_document(path.name, text)
    except DocumentError as error:
        column = "" if error.column is None else f", column {error.column}"
        raise ConfigFileError([f"{path}, line {error.line}{column}: {error}"]) from None
    for inner, first, line in document.duplicates:
        duplicate = f"the key {inner[-1]!r} occurs twice in the same map, first in line {first}"
        raise ConfigFileError([f"{path}, line {line}: {duplicate}; remove one of them"])
    return document


def _unwrap(path: Path, raw: Any, places: dict[tuple[Any, ...], Position]) -> _Opened:
    """Return the configuration, unwrapped if the file holds a flow's destination entry."""
    if isinstance(raw, dict) and isinstance(raw.get("config"), dict) and "settings" not in raw:
        notes = [f"{path}: this is a flow's destination entry; using its config"]
        notes += [_line(path, places, note, ()) for note in ignored_parts(raw, ())]
        return _Opened(path, raw["config"], places, ("config",), notes, raw)
    return _Opened(path, raw, places)


def _line(
    path: Path, places: dict[tuple[Any, ...], Position], problem: Problem, prefix: tuple[Any, ...]
) -> str:
    steps: tuple[Any, ...] = (*prefix, *problem.path)
    while steps and steps not in places:
        steps = steps[:-1]
    place = places.get(steps)
    where = f"{path}, line {place.line}" if place is not None else str(path)
    return f"{where}: {problem}"
