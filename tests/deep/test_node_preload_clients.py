"""The official Node client, unchanged and without an address of its own, delivers into the simulator by the preload."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.http.node_preload import write_node_preload
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm"),
]

SCRIPT = """
const { Client } = require("@hubspot/api-client");
const client = new Client({ accessToken: process.env.TOKEN });
const input = { eventName: "pe12345678_view", email: "ada@example.org", properties: { sku: "x" } };
(async () => {
  for (let batch = 0; batch < 5; batch++) {
    await client.events.send.batchApi.send({ inputs: Array(10).fill(input) });
  }
  await client.crm.contacts.basicApi.create({ properties: { email: "ada@example.org" }, associations: [] });
  await client.crm.contacts.basicApi.update("ada@example.org", { properties: { firstname: "Ada" } }, "email");
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.mark.parametrize("version", ["13", "14"])
def test_five_of_five_batches_arrive_from_an_unchanged_client(version: str, tmp_path: Path) -> None:
    install = ["npm", "install", "--silent", "--prefix", str(tmp_path), f"@hubspot/api-client@{version}"]
    subprocess.run(install, check=True, timeout=300)
    script, preload = tmp_path / "send.cjs", tmp_path / "preload.cjs"
    script.write_text(SCRIPT, encoding="utf-8")
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        write_node_preload(preload, fake.base_url)
        environment = {**os.environ, "NODE_OPTIONS": f"--require {preload}", "TOKEN": fake.token}
        done = subprocess.run(
            ["node", str(script)], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert fake.account.counters().accepted == 50
        assert [contact.properties["firstname"] for contact in fake.account.contacts()] == ["Ada"]
