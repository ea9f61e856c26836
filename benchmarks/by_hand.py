"""The floor: loops written by hand that do what `benchmarks.workload.CONFIG` says, as plain as can be.

They check nothing, ask for no consent, know one event and one rule, and lose everything when HubSpot says no. Run as a
program, `python -m benchmarks.by_hand FILE`, it prints what each line of a file becomes.
"""

from __future__ import annotations

import http.client
import sys
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

__all__ = ["mapped", "send_batches", "send_singles"]

_NAMESPACE = uuid.UUID("2f1d3b5c-0000-5000-8000-000000000000")
_HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer pat-na1-benchmark"}


def mapped(event: dict[str, Any]) -> dict[str, Any]:
    """Map an event, and give it a uuid."""
    data = event["data"]
    values = {
        "revenue": data.get("total"),
        "currency": data.get("currency") or "EUR",
        "order_id": data.get("id"),
        "shipping": data.get("shipping"),
        "taxes": data.get("taxes"),
        "coupon": data.get("coupon"),
        "page_group": event["globals"].get("pagegroup"),
        "stage": event["context"]["shopping"][0],
    }
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return {
        "eventName": "pe12345678_purchase_completed",
        "occurredAt": f"{moment:%Y-%m-%dT%H:%M:%S}.{event['timestamp'] % 1000:03}Z",
        "properties": {name: str(value) for name, value in values.items() if value is not None},
        "email": event["user"]["email"],
        "uuid": str(uuid.uuid5(_NAMESPACE, event["id"])),
    }


def send_batches(base_url: str, lines: Iterable[bytes], size: int = 500) -> None:
    """Parse, map, encode and send lines in batches."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    waiting: list[dict[str, Any]] = []

    def send() -> None:
        connection.request("POST", "/events/v3/send/batch", orjson.dumps({"inputs": waiting}), _HEADERS)
        connection.getresponse().read()
        waiting.clear()

    for line in lines:
        waiting.append(mapped(orjson.loads(line)))
        if len(waiting) == size:
            send()
    if waiting:
        send()
    connection.close()


def send_singles(base_url: str, bodies: Iterable[bytes]) -> None:
    """Send bodies that are ready, one a request, over one connection."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    for body in bodies:
        connection.request("POST", "/events/v3/send", body, _HEADERS)
        connection.getresponse().read()
    connection.close()


def _print_file(path: str) -> None:
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            event = orjson.loads(line)
            record = {"line": number, "kind": "sent", "name": event["name"], "occurrence": mapped(event)}
            sys.stdout.write(orjson.dumps(record).decode() + "\n")


if __name__ == "__main__":
    _print_file(sys.argv[1])
