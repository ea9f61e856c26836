"""What the tests of the command lines share: a real process, a real server, a configuration in a real file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from tests import warm

Run = Callable[..., "subprocess.CompletedProcess[str]"]
EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = {
    "contacts": [{"email": "ada@example.org"}],
    "contactProperties": ["plan", "last_login"],
    "definitions": [
        {"name": "pe12345678_page_view"},
        {"name": "pe12345678_product_view", "properties": ["sku", "price"]},
        {"name": "pe12345678_cart_add", "properties": ["sku", "quantity"]},
        {"name": "pe12345678_large_order_completed", "properties": ["revenue", "order_id"]},
        {
            "name": "pe12345678_purchase_completed",
            "properties": ["revenue", "currency", "order_id", "skus", "items"],
        },
    ],
}


@pytest.fixture
def run() -> Run:
    """Run `python -m PACKAGE ARGUMENTS` as a user would, without a terminal."""

    def call(package: str, *arguments: str, stdin: str = "", **environment: str) -> Any:
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("HUBSPOT_ACCESS_TOKEN", "FORCE_COLOR")
        }
        return warm.run(
            [sys.executable, "-m", package, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            env={**clean, "PYTHONIOENCODING": "utf-8", **environment},
            check=False,
        )

    return call


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    """Yield a HubSpot that knows what the example shop sends."""
    with FakeHubSpot() as server:
        server.service.seed(server.account, SEED)
        yield server
