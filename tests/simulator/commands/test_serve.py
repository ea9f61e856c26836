"""`hubspot-sim serve`: a HubSpot that anybody can point things at, and that stops when told."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from simulator.commands.serve import command
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.store import Store
from tests import warm


def serve(*arguments: str) -> subprocess.Popen[str]:
    return warm.Popen(
        [sys.executable, "-m", "simulator", "serve", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"contacts": [{"email": "ada@example.org"}]}', encoding="utf-8")
    process = serve("--seed-file", str(seed), "--switch", "auto_define=true", "--tier", "starter")
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    client = HubSpotClient(SecretStr(where["token"]), base_url=where["baseUrl"])
    client.update_contact("ada@example.org", {"firstname": "Ada"}, "email")
    client.send({"eventName": "pe12345678_any", "email": "ada@example.org", "properties": {"x": "y"}})
    code, said = stop(process, number)
    assert code == 0
    assert "stopped" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fault", "999:oops"], "has no value"),
        (["--seed-file", "missing.json"], "missing.json cannot be read"),
        (["--story", "nothing"], "Invalid value"),
        (["--switch", "unknown_propety=drop"], "did you mean 'unknown_property'?"),
        (["--switch", "unknown_property=perhaps"], "write one of reject, drop"),
        (["--switch", "auto_define"], "has no value"),
        (["--switch", "names=odd"], "write one of lenient, strict"),
        (["--quota", "events=5"], "occurrences, definitions, calls"),
        (["--quota", "calls=few"], "occurrences, definitions, calls"),
        (["--node-preload", "missing/folder/file.cjs"], "cannot be written"),
        (["--authority", "ca.pem"], "--authority goes with --tls"),
        (["--tls", "--authority", "missing/folder/ca.pem"], "cannot be written"),
    ],
)
def test_what_cannot_start_is_one_message_and_exit_2(arguments: list[str], says: str) -> None:
    process = serve(*arguments)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert says in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = warm.run(
            [sys.executable, "-m", "simulator", "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert process.returncode == 2
    assert f"port {port}" in process.stderr
    assert "--port 0" in process.stderr


def test_an_account_in_a_file_outlives_the_server(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    for email in ("ada@example.org", "bob@example.org"):
        process = serve("--store", str(file), "--portal", "99")
        assert process.stdout is not None
        where: dict[str, Any] = json.loads(process.stdout.readline())
        client = HubSpotClient(SecretStr(where["token"]), base_url=where["baseUrl"])
        client.create_contact({"email": email})
        stop(process, signal.SIGTERM)
    kept = Store(file)
    account = HubSpot(store=kept).account_for(where["token"])
    kept.close()
    assert account is not None
    assert account.portal_id == 99
    assert [contact.properties["email"] for contact in account.contacts()] == [
        "ada@example.org",
        "bob@example.org",
    ]


def test_a_store_that_another_server_has_is_refused_with_one_message(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    first = serve("--store", str(file))
    assert first.stdout is not None
    first.stdout.readline()
    second = serve("--store", str(file))
    _, said = second.communicate(timeout=30)
    stop(first, signal.SIGTERM)
    assert second.returncode == 2
    assert "in use by process" in said
    assert "Traceback" not in said


def test_tls_is_trusted_through_the_authority_that_it_names(tmp_path: Path) -> None:
    process = serve("--tls", "--store", str(tmp_path / "account.db"))
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    trusting = ssl.create_default_context(cafile=where["certificateAuthority"])
    request = urllib.request.Request(where["baseUrl"] + "/crm/v3/objects/contacts")
    request.add_header("Authorization", f"Bearer {where['token']}")
    assert where["baseUrl"].startswith("https://127.0.0.1:")
    with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(request, timeout=20)
    stop(process, signal.SIGTERM)
    assert not Path(where["certificateAuthority"]).exists()


def test_a_container_that_takes_this_server_for_hubspot_trusts_its_certificate() -> None:
    process = serve("--tls", "--allow-host", "api.hubapi.com", "--allow-host", "*")
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    port = int(where["baseUrl"].rpartition(":")[2])
    trusting = ssl.create_default_context(cafile=where["certificateAuthority"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname="api.hubapi.com") as connection,
    ):
        head = f"GET /crm/v3/objects/contacts HTTP/1.1\r\nAuthorization: Bearer {where['token']}\r\n"
        connection.sendall(f"{head}Host: api.hubapi.com\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
    stop(process, signal.SIGTERM)


def test_a_preload_names_the_address_that_was_found_free(tmp_path: Path) -> None:
    preload = tmp_path / "hubspot.cjs"
    process = serve("--node-preload", str(preload))
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    assert where["nodePreload"] == str(preload)
    assert json.dumps(where["baseUrl"]) in preload.read_text(encoding="utf-8")
    stop(process, signal.SIGTERM)


@pytest.mark.parametrize(
    ("quota", "method", "path", "body"),
    [
        (
            "occurrences=1",
            "POST",
            "/events/v3/send",
            {"eventName": "pe12345678_a", "utk": "u", "properties": {}},
        ),
        ("calls=1", "GET", "/crm/v3/objects/contacts", None),
    ],
)
def test_a_shortened_quota_strikes(quota: str, method: str, path: str, body: Any) -> None:
    process = serve("--auto-define", "--quota", quota)
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(where["baseUrl"] + path, data, method=method)
    request.add_header("Authorization", f"Bearer {where['token']}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status in (200, 204)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)
    with refused.value:
        assert refused.value.code == 429
    stop(process, signal.SIGTERM)


def test_a_token_with_a_narrow_scope_is_refused_what_it_may_not_do() -> None:
    process = serve("--scope", "crm.objects.contacts.read")
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    client = HubSpotClient(SecretStr(where["token"]), base_url=where["baseUrl"])
    with pytest.raises(DeliveryError, match="required scopes"):
        client.create_contact({"email": "ada@example.org"})
    stop(process, signal.SIGTERM)


@pytest.mark.parametrize(("allowed", "status"), [((), 421), (("--allow-host", "sim.test"), 401)])
def test_a_foreign_host_name_is_refused_until_it_is_allowed(allowed: tuple[str, ...], status: int) -> None:
    process = serve(*allowed)
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    request = urllib.request.Request(where["baseUrl"] + "/crm/v3/objects/contacts")
    request.add_header("Host", "sim.test:80")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=20)
    caught.value.close()
    assert caught.value.code == status
    stop(process, signal.SIGTERM)


def test_the_compose_file_runs_a_command_that_there_is_and_names_match() -> None:
    folder = Path(__file__).parents[3] / "docs" / "examples"
    services = yaml.safe_load((folder / "walkeros-compose.yaml").read_text(encoding="utf-8"))["services"]
    program, name, *arguments = shlex.split(
        re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", services["hubspot"]["command"])
    )
    assert (program, name) == ("hubspot-sim", "serve")
    options = command.make_context("serve", arguments).params
    assert services["hubspot"]["networks"]["default"]["aliases"] == list(options["allowed_hosts"])
    assert (options["tls"], options["port"]) == (True, 443)
    shared = {volume.split(":")[0]: volume.split(":")[1] for volume in services["hubspot"]["volumes"]}
    trusted = Path(services["walkeros"]["environment"]["NODE_EXTRA_CA_CERTS"])
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in services["walkeros"]["volumes"]}
    assert Path(shared[mounted[str(trusted.parent)]]) / trusted.name == options["authority"]


def test_the_authority_is_where_it_is_wanted_and_clients_that_trust_it_get_through(tmp_path: Path) -> None:
    wanted = tmp_path / "authority.pem"
    process = serve("--tls", "--authority", str(wanted))
    try:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        assert where["certificateAuthority"] == str(wanted)
        trust = ssl.create_default_context(cafile=str(wanted))
        asked = urllib.request.Request(
            f"{where['baseUrl']}/crm/v3/objects/contacts",
            headers={"Authorization": f"Bearer {where['token']}"},
        )
        with urllib.request.urlopen(asked, context=trust) as answer:
            assert answer.status == 200
    finally:
        stop(process, signal.SIGTERM)


def test_a_chosen_control_token_opens_the_page_and_the_control_routes() -> None:
    process = serve("--control-token", "of-this-test")
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    try:
        assert where["controlToken"] == "of-this-test"
        accounts = f"{where['baseUrl']}/_simulator/accounts"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(accounts, timeout=10)
        admitted = urllib.request.Request(accounts, headers={"X-Simulator-Token": "of-this-test"})
        with urllib.request.urlopen(admitted, timeout=10) as answer:
            assert answer.status == 200
    finally:
        stop(process, signal.SIGTERM)
