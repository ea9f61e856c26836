"""Make docs/status-page.png: the status page of the simulated HubSpot in a real browser.

Run `python -m scripts.status_page_picture`; it needs Chromium. The page's headings are stored in the PNG's metadata,
so that a test without a browser can detect an outdated picture.
"""

from __future__ import annotations

import contextlib
import html
import re
import struct
import tempfile
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hubspot
import urllib3
from hubspot.events.send import ApiException

from simulator.hubspot.fake import FakeHubSpot

__all__ = ["PICTURE", "headings_in", "headings_of", "page_at", "status_page"]

PICTURE: Final = Path(__file__).parents[1] / "docs" / "status-page.png"
_KEY: Final = b"Headings\x00"
_SIGNATURE: Final = 8  # bytes before the first chunk of a PNG
_HEADING: Final = re.compile(r"<(h1|h2|th)\b[^>]*>(.*?)</\1>", re.S)
_SEED: Final = {
    "contacts": [{"email": "ada@example.org", "properties": {"firstname": "Ada", "lastname": "Lovelace"}}]
    + [{"email": f"visitor{number}@example.org"} for number in range(120)],
    "definitions": [{"name": "pe12345678_order_complete", "properties": ["order_id", "revenue"]}],
}


@contextlib.contextmanager
def status_page() -> Iterator[str]:
    """Run a simulated HubSpot with some requests, a refusal and faults; yield the URL of its status page."""
    with FakeHubSpot(faults=["429:path=/crm/*,every=50"]) as fake:
        fake.service.seed(fake.account, _SEED)
        client = hubspot.HubSpot(access_token=fake.token, host=fake.base_url, retry=False)
        order = {"eventName": "pe12345678_order_complete", "email": "ada@example.org"}
        for number, changes in enumerate(
            ({}, {}, {}, {"eventName": "pe12345678_order_complet"}, {"email": "jo+lost@example.org"})
        ):
            properties = {"order_id": f"o-{number}", "revenue": "99.5"}
            with contextlib.suppress(ApiException, urllib3.exceptions.ProtocolError):
                client.events.send.basic_api.send({**order, "properties": properties, **changes})
        client.crm.contacts.basic_api.update("101", {"properties": {"jobtitle": "Analyst"}})
        yield f"{fake.base_url}/?token={fake.control_token}"


def headings_of(page: str) -> list[str]:
    """Return the headings and column names of a page, in order."""
    return [html.unescape(re.sub(r"<[^>]+>", "", text)).strip() for _, text in _HEADING.findall(page)]


def headings_in(picture: bytes) -> list[str]:
    """Return the headings stored in a picture."""
    place = _SIGNATURE
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        kind, body = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        if kind == b"tEXt" and body.startswith(_KEY):
            return body[len(_KEY) :].decode("latin-1").split("\n")
        place += 12 + length
    return []


def _labelled(picture: bytes, headings: list[str]) -> bytes:
    body = _KEY + "\n".join(headings).encode("latin-1")
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body))
    after_header = _SIGNATURE + 25
    return picture[:after_header] + chunk + picture[after_header:]


def draw() -> None:
    """Write the picture."""
    from tests.deep.browser import browser

    with tempfile.TemporaryDirectory() as folder, status_page() as address, browser(Path(folder)) as tab:
        tab.go(address)
        tab.until("document.querySelectorAll('#journal tbody tr').length === 6")
        tab.value("document.documentElement.style.overflow = 'hidden'")  # no scroll bar in the picture
        tab.picture(PICTURE)
        page = tab.value("document.documentElement.outerHTML")
    PICTURE.write_bytes(_labelled(PICTURE.read_bytes(), headings_of(page)))


def page_at(address: str) -> str:
    """Fetch the HTML of the status page; the first request sets a cookie and redirects."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(address, timeout=30) as answer:
        text: str = answer.read().decode("utf-8")
    return text


if __name__ == "__main__":
    draw()
