from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.http.certificate import temporary_certificate


def test_a_tls_fault_fails_the_handshake_and_the_next_connection_succeeds(service: Any) -> None:
    with (
        temporary_certificate("127.0.0.1") as made,
        FakeHubSpot(service, tls=(made.chain, made.key), faults=["tls:count=1"]) as fake,
    ):
        trusting = ssl.create_default_context(cafile=made.authority)
        assert fake.base_url.startswith("https://")
        with pytest.raises(urllib.error.URLError, match="SSL"):
            urllib.request.urlopen(fake.base_url + "/x", timeout=5, context=trusting)
        with urllib.request.urlopen(fake.base_url + "/x", timeout=5, context=trusting) as answer:
            assert answer.status == 200
