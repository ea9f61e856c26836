"""A cassette: recorded HTTP interactions in vcrpy's JSON format, with the inputs that reproduce them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubspot_dest.storage.file_content import FileContent, content_of
from hubspot_dest.storage.whole_file import write_whole_file

__all__ = ["FORMAT", "UNANSWERED", "Cassette", "CassetteError", "Interaction", "Meanwhile", "Meta", "People"]

FORMAT: Final = 1
UNANSWERED: Final = 0  # used as the status when the connection closed without a response
_HOST: Final = "https://api.hubapi.com"


class CassetteError(Exception):
    """Raised for a file that is not a cassette or has an unsupported format; the message says how to fix it."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One request and its response. Bodies are text as sent over the wire; status 0 means no response."""

    method: str
    target: str
    body: str
    status: int
    answer: str
    request_headers: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def as_vcr(self) -> dict[str, Any]:
        """Return the interaction in vcrpy's format."""
        return {
            "request": {
                "method": self.method,
                "uri": _HOST + self.target,
                "body": self.body,
                "headers": {name: [value] for name, value in self.request_headers.items()},
            },
            "response": {
                "status": {"code": self.status, "message": ""},
                "headers": {name: [value] for name, value in self.headers.items()},
                "body": {"string": self.answer},
            },
        }

    @property
    def json(self) -> Any:
        """Return the decoded JSON body of the request, or its text if it is not JSON."""
        return decoded(self.body)


def decoded(text: str) -> Any:
    """Decode JSON text; return other text unchanged."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


class _CassetteModel(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Meanwhile(_CassetteModel):
    """A change that another writer makes to the account after `after` requests; a seed, like `account`."""

    after: int = Field(ge=1)
    account: dict[str, Any]


class People(_CassetteModel):
    """Keyed digests of people's identifiers and their pseudonyms, so that a replay recognises them without names."""

    key: str
    stand_ins: dict[str, str]


class Meta(_CassetteModel):
    """The inputs of a recording, enough to record it again.

    Attributes:
        outbox: whether events went through an outbox, which retries failed requests.
        seed: seeds the simulator's random choices, such as ids and the order of batch results.
        live: whether it was recorded from a real portal or an unknown source; contact ids are then personal data.
        people: set only for cassettes of the pytest plugin, whose tests supply their own people on replay.

    """

    format: Literal[1]
    about: str = ""
    sender: str
    against: str
    recorded: str
    config: dict[str, Any]
    digest: str
    events: list[dict[str, Any]]
    account: dict[str, Any] = Field(default_factory=dict)
    switches: dict[str, Any] = Field(default_factory=dict)
    faults: list[str] = Field(default_factory=list)
    meanwhile: Meanwhile | None = None
    clock_ms: int
    live: bool = False
    outbox: bool = False
    seed: int = 1
    people: People | None = None


class _RecordedStatus(_CassetteModel):
    code: int


class _RecordedBody(_CassetteModel):
    string: str = ""


class _RecordedResponse(_CassetteModel):
    status: _RecordedStatus
    headers: dict[str, list[str]] = Field(default_factory=dict)
    body: _RecordedBody = Field(default_factory=_RecordedBody)


class _RecordedRequest(_CassetteModel):
    method: str
    uri: str
    body: str | None = None
    headers: dict[str, list[str]] = Field(default_factory=dict)


class _RecordedInteraction(_CassetteModel):
    request: _RecordedRequest
    response: _RecordedResponse


class _CassetteFile(_CassetteModel):
    version: Literal[1]
    interactions: list[_RecordedInteraction]
    hubspot_dest: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Cassette:
    """Recorded interactions in order, with the inputs of the recording."""

    meta: Meta
    interactions: tuple[Interaction, ...]

    def text(self) -> str:
        """Return the file's text: JSON that vcrpy can read, identical for identical recordings."""
        document = {
            "version": 1,
            "interactions": [interaction.as_vcr() for interaction in self.interactions],
            "hubspot_dest": self.meta.model_dump(),
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def save(self, path: Path) -> None:
        """Write the file atomically. Raises OSError."""
        write_whole_file(path, self.text().encode())

    @classmethod
    def load(cls, path: Path) -> Cassette:
        """Read a cassette.

        Raises:
            CassetteError: the file cannot be read, is not a cassette, or has an unsupported format.

        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CassetteError(f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CassetteError(
                _of_another_kind(path) or f"{path} is not a cassette: not UTF-8 text"
            ) from None
        # A cassette contains a configuration and events: only a file without requests is of another kind.
        other = "" if '"interactions"' in text else _of_another_kind(path)
        if other:
            raise CassetteError(other)
        try:
            raw = json.loads(text)
        except ValueError as error:
            raise CassetteError(f"{path} is not a cassette, or was cut short: {error}") from None
        try:
            file = _CassetteFile.model_validate(raw)
        except ValidationError as error:
            raise CassetteError(f"{path} is not a cassette: {_first(error)}") from None
        if file.hubspot_dest is None:
            raise CassetteError(
                f"{path} is a vcrpy cassette that hubspot-sim did not record: it names no events"
            )
        if file.hubspot_dest.get("format") != FORMAT:
            known = f"this version reads form {FORMAT}"
            raise CassetteError(f"{path} has form {file.hubspot_dest.get('format')!r}; {known}")
        try:
            meta = Meta.model_validate(file.hubspot_dest)
        except ValidationError as error:
            raise CassetteError(f"{path} is a damaged cassette: hubspot_dest.{_first(error)}") from None
        return cls(meta, tuple(_exchange(interaction) for interaction in file.interactions))


def _of_another_kind(path: Path) -> str:
    """Return what a file seems to be instead of a cassette; empty if that is not known."""
    content = content_of(path)
    if content in (FileContent.EMPTY, FileContent.TEXT, FileContent.UNKNOWN):
        return ""
    return f"{path} looks like {content.value}, not a cassette"


def _exchange(recorded_interaction: _RecordedInteraction) -> Interaction:
    parts = urlsplit(recorded_interaction.request.uri)
    return Interaction(
        recorded_interaction.request.method,
        parts.path + (f"?{parts.query}" if parts.query else ""),
        recorded_interaction.request.body or "",
        recorded_interaction.response.status.code,
        recorded_interaction.response.body.string,
        {name: values[0] for name, values in recorded_interaction.request.headers.items() if values},
        {name: values[0] for name, values in recorded_interaction.response.headers.items() if values},
    )


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
