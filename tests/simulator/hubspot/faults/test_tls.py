from __future__ import annotations

import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot


@pytest.mark.skipif(shutil.which("openssl") is None, reason="making a certificate needs the openssl command")
def test_a_tls_fault_fails_the_handshake_and_the_next_connection_succeeds(
    tmp_path: Path, service: Any
) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=certificate)
    with FakeHubSpot(service, tls=(certificate, key), faults=["tls:count=1"]) as fake:
        assert fake.base_url.startswith("https://")
        with pytest.raises(urllib.error.URLError, match="SSL"):
            urllib.request.urlopen(fake.base_url + "/x", timeout=5, context=trusting)
        with urllib.request.urlopen(fake.base_url + "/x", timeout=5, context=trusting) as answer:
            assert answer.status == 200
