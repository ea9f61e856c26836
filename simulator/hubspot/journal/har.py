"""Export the journal as HAR 1.2, which browsers' network panels and most proxies can read."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl

from hubspot_dest.amounts import amount, verb
from simulator.hubspot.journal.journal import Entry, Filter, Journal

__all__ = ["har"]


def har(journal: Journal, base_url: str, chosen: Filter | None = None) -> dict[str, object]:
    """Return the journal as a HAR 1.2 document, with secrets masked.

    Custom fields start with an underscore. Source: http://www.softwareishard.com/blog/har-12-spec/
    """
    dropped = f"{amount(journal.dropped, 'older entry')} {verb(journal.dropped, 'were')}"
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "hubspot-sim", "version": "1"},
            "comment": f"{dropped} dropped" if journal.dropped else "",
            "entries": [_entry(journal, entry, base_url) for entry in journal.entries(chosen)],
        }
    }


def _entry(journal: Journal, entry: Entry, base_url: str) -> dict[str, object]:
    mask = journal.masker
    answer = entry.answer
    target = mask.target(entry.target)
    query = target.partition("?")[2]
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in entry.headers]
    milliseconds = round(entry.seconds * 1000, 3)
    request: dict[str, object] = {
        "method": entry.method,
        "url": base_url + target,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(mask.headers(headers)),
        "queryString": _pairs(parse_qsl(query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(entry.body),
    }
    if entry.body:
        text = mask.body_text(entry.body, entry.target)
        request["postData"] = {"mimeType": _header(headers, "content-type"), "params": [], "text": text}
    return {
        "startedDateTime": datetime.fromtimestamp(entry.received_at, UTC).isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": request,
        "response": {
            "status": answer.status,
            "statusText": _phrase(answer.status),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(mask.headers(answer.headers)),
            "content": _content(journal, entry),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(answer.body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_decision": mask.sentence(answer.decision, entry.target),
        "_rule": answer.rule,
        "_fault": entry.fault,
        "_delivery": entry.delivery,
    }


def _content(journal: Journal, entry: Entry) -> dict[str, object]:
    body = entry.answer.body
    kind = _header(list(entry.answer.headers), "content-type")
    try:
        body.decode()
    except UnicodeDecodeError:
        masked = journal.masker.loose(body.decode("latin-1")).encode("latin-1", "replace")
        text = base64.b64encode(masked).decode()
        return {"size": len(body), "mimeType": kind, "encoding": "base64", "text": text}
    return {"size": len(body), "mimeType": kind, "text": journal.masker.body_text(body, entry.target)}


def _header(headers: list[tuple[str, str]], key: str) -> str:
    return next((value for name, value in headers if name.lower() == key), "")


def _pairs(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
