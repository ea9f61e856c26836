"""Save a previewed event as a step example of its flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.cli.console import say, stop
from hubspot_dest.config.loading import (
    ConfigFileError,
    DocumentError,
    load_examples,
    parse_document,
    split_name,
)
from hubspot_dest.config.model import Config
from hubspot_dest.flow.document import is_flow, select_destination
from hubspot_dest.flow.references import FlowError
from hubspot_dest.flow.step_examples import StepExample, step_examples
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.scaffold.example_insertion import ExampleInsertionError, insert_example
from hubspot_dest.storage.whole_file import write_whole_file
from hubspot_dest.verify.example_check import check_step_example, play_step_example

__all__ = ["save_example"]


def save_example(
    path: Path, config: Config, name: str, event: dict[str, Any], account: AccountSchema
) -> None:
    """Add an event and its calls to the flow file, and verify that the example passes when the file is read again.

    Every other byte of the file stays as it is. What cannot be done ends the command with exit code 2; the file is then
    as it was.

    Args:
        path: the flow file, or `FILE#flow.destination`.
        config: the configuration that was loaded from it.
        name: the name of the example.
        event: the event that was pushed.
        account: what is known about the account.

    """
    if not name.strip():
        stop("the example has no name", "use --save-example NAME")
    file, wanted = split_name(path)
    text = file.read_bytes().decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    entry = _entry_path(file, text, wanted)
    (example,) = step_examples({"examples": {name: {"in": event}}})
    if example.problems:
        stop(f"the event cannot be an example: {safe_text(example.problems[0])}")
    played = play_step_example(config, example, account)
    if played.failure:
        stop(f"the example {safe_text(name)!r} was not saved: {safe_text(played.failure)}")
    try:
        made = insert_example(str(file), text, entry, name, {"in": event, "out": list(played.calls)})
    except ExampleInsertionError as error:
        stop(f"the example {safe_text(name)!r} was not saved: {safe_text(file)}: {safe_text(error)}")
    before = file.read_bytes()
    _replace(file, (mark + made).encode("utf-8"))
    wrong = _wrong(path, name, account)
    if wrong:
        _replace(file, before)
        stop(f"the example {safe_text(name)!r} was not saved: it does not pass: {safe_text(wrong)}")
    calls = len(played.calls)
    say(
        f"saved as the step example {safe_text(name)!r} of {safe_text(path)}, with {calls} call{'s' * (calls != 1)}"
    )


def _entry_path(file: Path, text: str, wanted: str) -> tuple[str | int, ...]:
    try:
        value = parse_document(str(file), text).value
    except DocumentError as error:
        stop(f"{safe_text(file)}, line {error.line}: {safe_text(error)}")
    if not is_flow(value):
        if not (
            isinstance(value, dict) and isinstance(value.get("config"), dict) and "settings" not in value
        ):
            stop(
                f"{safe_text(file)} is a configuration without a flow: only a destination of a flow has step examples",
                "put it into a flow: {version: 4, flows: {NAME: {destinations: {hubspot: {config: …}}}}}",
            )
        return ()
    try:
        flow, destination = select_destination(value, wanted)
    except FlowError as error:
        stop(f"{safe_text(file)}: {safe_text(error.problem)}")
    return ("flows", flow, "destinations", destination)


def _wrong(path: Path, name: str, account: AccountSchema) -> str:
    """Return why a saved example fails; empty if it passes."""
    try:
        config, examples = load_examples(path)
    except ConfigFileError as error:
        return error.lines[0]
    saved: StepExample | None = next((example for example in examples if example.name == name), None)
    if saved is None:
        return "it is not in the file"
    result = check_step_example(config, saved, account).result
    return "" if result.passed else "; ".join(result.differences) or "it expects nothing"


def _replace(file: Path, content: bytes) -> None:
    try:
        write_whole_file(file, content)
    except OSError as error:
        stop(f"{safe_text(file)} cannot be written: {error.strerror or error}")
