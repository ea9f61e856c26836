"""The official Node client, over all endpoints that it offers: the fields and exceptions of the specification."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.hubspot.fake import FakeHubSpot

pytestmark = pytest.mark.deep

SCRIPT = Path(__file__).parent / "official_node_client.mjs"


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm")
@pytest.mark.parametrize("version", ["13", "14"])
def test_the_node_client_sees_hubspots_fields_and_exceptions(version: str, tmp_path: Path) -> None:
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"@hubspot/api-client@{version}"]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    shutil.copy(SCRIPT, tmp_path / "script.mjs")
    with FakeHubSpot() as fake:
        fake.service.seed(fake.account, {"definitions": [{"name": "pe12345678_view", "properties": ["sku"]}]})
        done = subprocess.run(
            ["node", "script.mjs", fake.base_url, fake.token],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        said = json.loads(done.stdout)
        assert said["wrong"] == []
        assert said["calls"] >= 40
        assert said["version"].startswith(f"{version}.")
        # 500 in the batch, two single ones; the second with the same uuid is none.
        assert fake.account.counters().accepted == 502
        assert fake.account.counters().duplicates == 1
    sys.stdout.write(f"\n@hubspot/api-client {said['version']}: {said['calls']} calls, 0 wrong\n")
