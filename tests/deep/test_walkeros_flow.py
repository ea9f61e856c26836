"""A walkerOS flow, unchanged, delivers into the simulator: by the preload, and by a certificate and a hosts file.

walkerOS' collector and core come from npm (4.2.1), the destination is the test's own, and it sends with the official
client 13 and 14. For the second way the test needs namespaces of its own: one for mounts, where /etc/hosts names this
machine for api.hubapi.com, and one for the network, where port 443 is free and nothing leads outside.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
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

FLOW = Path(__file__).parent / "walkeros_flow.cjs"
WALKEROS = ("@walkeros/core@4.2.1", "@walkeros/collector@4.2.1")
NAMESPACES = ("unshare", "--map-root-user", "--mount", "--net")


def namespaces_permitted() -> bool:
    """Tell whether this machine lets a process have a mount and a network namespace of its own."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    tried = subprocess.run(
        [*NAMESPACES, "sh", "-c", "ip link set lo up && mount --bind /etc/hosts /etc/hosts"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    return tried.returncode == 0


@pytest.fixture(scope="module", params=["13", "14"])
def packages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(f"client{request.param}")
    wanted = [*WALKEROS, f"@hubspot/api-client@{request.param}"]
    subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), *wanted], check=True, timeout=300)
    installed = json.loads((folder / "node_modules/@hubspot/api-client/package.json").read_text("utf-8"))
    assert installed["version"].split(".")[0] == request.param
    return folder


def test_five_of_five_batches_arrive_by_the_preload(packages: Path, tmp_path: Path) -> None:
    preload = tmp_path / "preload.cjs"
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        write_node_preload(preload, fake.base_url)
        environment = {**os.environ, "NODE_OPTIONS": f"--require {preload}", "TOKEN": fake.token}
        done = subprocess.run(
            ["node", str(FLOW), str(packages)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == {"delivered": 5, "left": 0}, done.stderr
        assert fake.account.counters().accepted == 50


INSIDE = """
import json, os, subprocess, sys, urllib.request

serve, node = json.loads(sys.argv[1]), json.loads(sys.argv[2])
server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
try:
    where = json.loads(server.stdout.readline())
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": where["certificateAuthority"], "TOKEN": where["token"]}
    environment.pop("NODE_TLS_REJECT_UNAUTHORIZED", None)
    done = subprocess.run(node, env=environment, capture_output=True, text=True, timeout=60)
    del environment["NODE_EXTRA_CA_CERTS"]
    distrusting = subprocess.run(node, env=environment, capture_output=True, text=True, timeout=60)
    import ssl

    trust = ssl.create_default_context(cafile=where["certificateAuthority"])
    asked = urllib.request.Request(
        "https://api.hubapi.com/_simulator/accounts", headers={"X-Simulator-Token": where["controlToken"]}
    )
    with urllib.request.urlopen(asked, context=trust) as answer:
        accounts = json.load(answer)
finally:
    server.terminate()
    server.wait()
print(json.dumps({"out": done.stdout, "err": done.stderr, "distrusting": distrusting.stderr, "accounts": accounts}))
"""


@pytest.mark.skipif(not namespaces_permitted(), reason="needs a mount and a network namespace of its own")
def test_five_of_five_batches_arrive_by_certificate_and_hosts_file(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("127.0.0.1 localhost api.hubapi.com\n", encoding="utf-8")
    (tmp_path / "inside.py").write_text(INSIDE, encoding="utf-8")
    serve = [
        sys.executable, "-m", "simulator", "serve", "--tls", "--port", "443", "--allow-host", "api.hubapi.com",
        "--auto-define", "--json",
    ]  # fmt: skip
    prepared = f'mount --bind {tmp_path / "hosts"} /etc/hosts && ip link set lo up && exec "$@"'
    inside = [
        sys.executable,
        str(tmp_path / "inside.py"),
        json.dumps(serve),
        json.dumps(["node", str(FLOW), str(packages)]),
    ]
    done = subprocess.run(
        [*NAMESPACES, "sh", "-c", prepared, "sh", *inside],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert json.loads(told["out"].splitlines()[-1]) == {"delivered": 5, "left": 0}, told["err"]
    assert "certificate" in told["distrusting"], (
        "without the authority nothing may be delivered: checks are on"
    )
    assert '"accepted": 50' in json.dumps(told["accounts"]), told["accounts"]
