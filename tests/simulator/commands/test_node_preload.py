"""An unchanged Node process reaches the simulator through the preload, and nothing of it reaches HubSpot."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.http.node_preload import write_node_preload

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")

SCRIPT = """
import https, { request } from "node:https";
import http from "node:http";
const [own, token] = process.argv.slice(2);
const Authorization = `Bearer ${token}`;
const contacts = "https://api.hubapi.com/crm/v3/objects/contacts";
const post = (email) => ({
  method: "POST",
  headers: { Authorization, "Content-Type": "application/json" },
  body: JSON.stringify({ properties: { email } }),
});
const said = {};
const note = async (name, call) => {
  try { said[name] = await call(); } catch (error) { said[name] = error.message; }
};
const sent = (send, parameters, body) => new Promise((resolve, reject) => {
  const one = send(...parameters, (answer) => { answer.resume(); answer.on("end", () => resolve(answer.statusCode)); });
  one.on("error", reject);
  one.end(body);
});
await note("fetch", async () => (await fetch(contacts, post("a@example.org"))).status);
await note("fetch URL", async () => (await fetch(new URL(contacts), post("b@example.org"))).status);
await note("fetch Request", async () => (await fetch(new Request(contacts, post("c@example.org")))).status);
const { body, ...options } = post("d@example.org");
await note("https.request", () => sent(https.request, [contacts, options], body));
const path = "/crm/v3/objects/contacts";
const agent = new https.Agent({ keepAlive: true });
const e = post("e@example.org").body;
await note("options", () => sent(https.request, [{ hostname: "api.hubapi.com", path, agent, ...options }], e));
const f = post("f@example.org").body;
await note("named import", () => sent(request, [{ host: "api.hubapi.com:443", path, ...options }], f));
const array = Object.entries(options.headers).map(([name, value]) => [name, [value]]);
const listed = { ...options, headers: Object.fromEntries(array) };
await note("lists of headers", () => sent(https.request, [contacts, listed], post("g@example.org").body));
await note("https.get", () => sent(https.get, [`${contacts}?limit=1`, { headers: { Authorization } }]));
const alias = contacts.replace("hubapi", "hubspot");
await note("alias", async () => (await fetch(alias, { headers: { Authorization } })).status);
await note("forms", () => fetch("https://api.hsforms.com/submissions/v3"));
await note("app", () => sent(https.request, ["https://app.hubspot.com/"]));
await note("own host", async () => (await fetch(own, { headers: { Authorization } })).status);
await note("own host http", () => sent(http.request, [own, { headers: { Authorization } }]));
await note("no address", () => fetch("nonsense"));
console.log(JSON.stringify(said));
"""


def test_every_way_to_ask_for_hubspot_ends_here_or_fails(tmp_path: Path) -> None:
    script, preload = tmp_path / "calls.mjs", tmp_path / "preload.cjs"
    script.write_text(SCRIPT, encoding="utf-8")
    with FakeHubSpot() as fake:
        write_node_preload(preload, fake.base_url)
        own = f"{fake.base_url}/crm/v3/objects/contacts"
        done = subprocess.run(
            ["node", str(script), own, fake.token],
            env={"NODE_OPTIONS": f"--require {preload}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        emails = [contact.properties["email"] for contact in fake.account.contacts()]
    said = json.loads(done.stdout)
    assert emails == [f"{letter}@example.org" for letter in "abcdefg"]
    created = (
        "fetch",
        "fetch URL",
        "fetch Request",
        "https.request",
        "options",
        "named import",
        "lists of headers",
    )
    assert {name: said[name] for name in created} == dict.fromkeys(created, 201)
    assert [said[name] for name in ("https.get", "alias", "own host", "own host http")] == [200] * 4
    assert "not simulated" in said["forms"]
    assert "not simulated" in said["app"]
    assert "hubspot-sim" not in said["no address"]


def test_a_file_that_is_no_preload_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "server.cjs"
    write_node_preload(file, "http://127.0.0.1:1")
    write_node_preload(file, "http://127.0.0.1:2")
    assert "127.0.0.1:2" in file.read_text(encoding="utf-8")
    file.write_text("my own program", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_node_preload(file, "http://127.0.0.1:3")
    assert file.read_text(encoding="utf-8") == "my own program"
