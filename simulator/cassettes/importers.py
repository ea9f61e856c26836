"""Import traffic recorded by other tools: HAR files (HTTP Archive 1.2) and vcrpy cassettes in YAML or JSON.

Such a file contains requests but not the events behind them, so it can be compared and scrubbed but not replayed.
Its content is untrusted: YAML is loaded without objects, sizes are limited, and only HubSpot's hosts are imported.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubspot_dest._version import __version__
from hubspot_dest.intake.byte_stream import DecompressionError, decompress
from simulator.cassettes.cassette import FORMAT, Cassette, CassetteError, Interaction, Meta
from simulator.cassettes.session import CLOCK_MS, digest_of

__all__ = ["Imported", "imported"]

_MOST_BYTES: Final = 64 * 1024 * 1024
_HUBSPOT: Final = ("hubapi.com", "hubspot.com")
# The same headers that the recorder keeps; neither keeps cookies or credentials.
_SENT: Final = ("content-type", "accept")
_ANSWERED: Final = ("content-type", "retry-after", "x-hubspot-correlation-id", "location")
_PACKED: Final = ("gzip", "x-gzip", "deflate")


class _ImportModel(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Pair(_ImportModel):
    name: str
    value: str


class _Post(_ImportModel):
    text: str = ""
    encoding: str = ""


class _HarRequest(_ImportModel):
    method: str
    url: str
    headers: list[_Pair] = Field(default_factory=list)
    postData: _Post = Field(default_factory=_Post)  # noqa: N815 - HAR's name


class _HarResponse(_ImportModel):
    status: int
    headers: list[_Pair] = Field(default_factory=list)
    content: _Post = Field(default_factory=_Post)


class _HarEntry(_ImportModel):
    request: _HarRequest
    response: _HarResponse
    startedDateTime: str = ""  # noqa: N815 - HAR's name


class _HarLog(_ImportModel):
    entries: list[_HarEntry]


class _Har(_ImportModel):
    log: _HarLog


class _ImportedRequest(_ImportModel):
    method: str
    uri: str
    body: str | bytes | None = None
    headers: dict[str, list[str] | str] = Field(default_factory=dict)


class _VcrStatus(_ImportModel):
    code: int


class _VcrBody(_ImportModel):
    string: str | bytes | None = None
    base64_string: str | None = None


class _VcrResponse(_ImportModel):
    status: _VcrStatus
    headers: dict[str, list[str] | str] = Field(default_factory=dict)
    body: _VcrBody = Field(default_factory=_VcrBody)


class _VcrInteraction(_ImportModel):
    request: _ImportedRequest
    response: _VcrResponse
    recorded_at: str = ""


class _Vcr(_ImportModel):
    version: int = 1
    interactions: list[_VcrInteraction]


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import.

    Attributes:
        cassette: the cassette, not yet scrubbed.
        left_out: the number of requests to hosts other than HubSpot's.

    """

    cassette: Cassette
    left_out: int


def imported(path: Path, *, every_host: bool = False) -> Imported:
    """Import a HAR file or a plain vcrpy cassette.

    Args:
        path: the file.
        every_host: import requests to any host, such as a proxy; by default only HubSpot's.

    Raises:
        CassetteError: the file cannot be read, has neither format, or contains no request to HubSpot.

    """
    raw = _parsed(path)
    try:
        if isinstance(raw, dict) and "log" in raw:
            interactions = [_from_har(entry) for entry in _Har.model_validate(raw).log.entries]
            recorded = str(((raw["log"].get("entries") or [{}])[0]).get("startedDateTime", ""))[:10]
        else:
            vcr = _Vcr.model_validate(raw)
            if vcr.version != 1:
                raise CassetteError(f"{path} has vcrpy's version {vcr.version}; version 1 can be imported")
            interactions = [_from_vcr(interaction) for interaction in vcr.interactions]
            recorded = ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        message = f"{path} is neither a HAR file nor a vcrpy cassette: {where}: {first['msg']}"
        raise CassetteError(message) from None
    except (binascii.Error, DecompressionError) as error:
        raise CassetteError(f"{path} holds a body that cannot be unpacked: {error}") from None
    imported_interactions = tuple(
        current_interaction for url, current_interaction in interactions if every_host or _is_hubspot(url)
    )
    if not imported_interactions:
        raise CassetteError(f"{path} holds no request to HubSpot among its {len(interactions)}")
    cassette = Cassette(_meta(path, recorded or datetime.now(UTC).date().isoformat()), imported_interactions)
    return Imported(cassette, len(interactions) - len(imported_interactions))


def _parsed(path: Path) -> Any:
    import yaml

    from hubspot_dest.config.yaml_document import BoundedLoader

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise CassetteError(f"{path} is larger than {_MOST_BYTES // 1024 // 1024} MB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CassetteError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CassetteError(f"{path} is neither a HAR file nor a vcrpy cassette: not UTF-8 text") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        # Never construct Python objects: vcrpy before 8.2.1 ran code here.
        return yaml.load(text, Loader=BoundedLoader)  # noqa: S506 - a subclass of SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = (str(error).splitlines() or ["nested too deep"])[0]
        raise CassetteError(f"{path} is neither JSON nor plain YAML, or was cut short: {first}") from None


def _from_har(har_entry: _HarEntry) -> tuple[str, Interaction]:
    sent = {pair.name.lower(): pair.value for pair in har_entry.request.headers}
    played = {pair.name.lower(): pair.value for pair in har_entry.response.headers}
    # HAR stores bodies decompressed, whatever the header says.
    body, answer = _har_text(har_entry.request.postData), _har_text(har_entry.response.content)
    return har_entry.request.url, _exchange(
        har_entry.request.method, har_entry.request.url, body, har_entry.response.status, answer, sent, played
    )


def _har_text(post: _Post) -> str:
    return _text(base64.b64decode(post.text, validate=True)) if post.encoding == "base64" else post.text


def _from_vcr(vcr_interaction: _VcrInteraction) -> tuple[str, Interaction]:
    sent, played = _flat(vcr_interaction.request.headers), _flat(vcr_interaction.response.headers)
    packed = vcr_interaction.response.body
    data = packed.string if packed.base64_string is None else base64.b64decode(packed.base64_string)
    body = _unpacked(vcr_interaction.request.body, sent.get("content-encoding", ""))
    answer = _unpacked(data, played.get("content-encoding", ""))
    return vcr_interaction.request.uri, _exchange(
        vcr_interaction.request.method,
        vcr_interaction.request.uri,
        body,
        vcr_interaction.response.status.code,
        answer,
        sent,
        played,
    )


def _exchange(
    method: str,
    url: str,
    body: str,
    status: int,
    answer: str,
    sent: dict[str, str],
    played: dict[str, str],
) -> Interaction:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = {name: value for name, value in sent.items() if name in _SENT}
    return Interaction(
        method.upper(),
        target,
        body,
        status,
        answer,
        kept,
        {name: value for name, value in played.items() if name in _ANSWERED},
    )


def _flat(headers: dict[str, list[str] | str]) -> dict[str, str]:
    return {
        name.lower(): value if isinstance(value, str) else ", ".join(value) for name, value in headers.items()
    }


def _unpacked(data: str | bytes | None, encoding: str) -> str:
    if isinstance(data, bytes) and encoding.strip().lower() in _PACKED and data[:1] not in (b"{", b"["):
        try:
            return _text(decompress(data, _MOST_BYTES))
        except DecompressionError as error:
            if error.reason == "cut off":
                return _text(error.partial)
            raise
    return data if isinstance(data, str) else _text(data or b"")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _is_hubspot(url: str) -> bool:
    host = (urlsplit(url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in _HUBSPOT)


def _meta(path: Path, recorded: str) -> Meta:
    return Meta(
        format=FORMAT,
        about=f"Imported from {path.name}",
        sender=__version__,
        against=f"unknown origin, imported from {path.name}",
        recorded=recorded,
        config={},
        digest=digest_of({}),
        events=[],
        switches={"auto_define": True},
        clock_ms=CLOCK_MS,
        live=True,
    )
