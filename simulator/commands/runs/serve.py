"""The implementation of `hubspot-sim serve`."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubspot_dest.account.schema import AccountSchema, is_account_content
from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, print_document, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import open_account
from hubspot_dest.config.syntax_fault import fault_of_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.whole_file import write_whole_file
from simulator.commands.switch_options import read_switches
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import FaultSyntaxError, parse_fault
from simulator.hubspot.http.certificate import Certificate, temporary_certificate
from simulator.hubspot.http.node_preload import write_node_preload
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.behaviours import BehaviourError, Behaviours
from simulator.hubspot.state.store import Store, StoreError

__all__ = ["serve"]

_QUOTAS = ("occurrences", "definitions", "calls")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    port: int,
    host: str,
    portal: int | None,
    store: Path | None,
    tls: bool,
    authority: Path | None,
    token: str | None,
    control_token: str | None,
    scopes: tuple[str, ...],
    allowed_hosts: tuple[str, ...],
    tier: str | None,
    switches: tuple[str, ...],
    quotas: tuple[str, ...],
    node_preload: Path | None,
    auto_define: bool,
    account: Path | None,
    seed_file: Path | None,
    faults: tuple[str, ...],
    story: str | None,
    as_json: bool,
) -> None:
    """Run `serve`; the options are those of `commands/serve.py`."""
    token = token or DEFAULT_TOKEN
    if account is None and seed_file is not None and _is_account_file(seed_file):
        account, seed_file = seed_file, None  # with its portal, and strict
    schema = None if account is None else open_account(account)
    if schema is not None:
        portal = _portal(portal, schema, auto_define=auto_define)
    chosen_switches = _switches(switches, quotas, tier, schema, auto_define=auto_define)
    with ExitStack() as at_the_end:
        service = _service(portal, token, scopes, chosen_switches, store)
        at_the_end.callback(service.close)
        if schema is not None:
            service.adopt(_account(service, token), schema)
        if seed_file is not None:
            _seed(service, token, seed_file)
        if authority is not None and not tls:
            stop(
                "--authority goes with --tls: without it there is no certificate",
                "add --tls, or leave it out",
            )
        certificate = at_the_end.enter_context(temporary_certificate(host, *allowed_hosts)) if tls else None
        tls_files = None if certificate is None else (certificate.chain, certificate.key)
        server = FakeHubSpot(
            service,
            token=token,
            control_token=control_token or "",
            host=host,
            port=port,
            faults=_faults(faults, story),
            tls=tls_files,
            allowed_hosts=allowed_hosts,
        )
        _start(server, host, port)
        at_the_end.callback(server.stop)
        if authority is not None and certificate is not None:
            certificate = _write_authority(authority, certificate)
        if node_preload is not None:
            _write_preload(node_preload, server.base_url)
        requests: Counter[bool] = Counter()
        server.journal.subscribe(lambda entry: requests.update([entry.is_good]))
        interrupted = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: interrupted.set())
        _announce(server, host, certificate, node_preload, as_json=as_json)
        sys.stdout.flush()  # readers of a pipe wait for the URL
        # A wait without a timeout blocks signal handlers on some systems.
        while not interrupted.wait(0.5):
            pass
    answered = f": {requests[True]} with success, {requests[False]} with an error" if requests else ""
    say(f"stopped after {amount(requests.total(), 'request')}{answered}")
    raise SystemExit(int(ExitCode.OK))


def _service(
    portal: int | None, token: str, scopes: tuple[str, ...], switches: Behaviours, store: Path | None
) -> HubSpot:
    try:
        state_store = Store(store) if store is not None else None
        return HubSpot(
            portal_id=portal, token=token, scopes=scopes or None, switches=switches, store=state_store
        )
    except StoreError as error:
        stop(safe_text(error), "--store another-file.db")


def _faults(wanted: tuple[str, ...], story: str | None) -> list[Fault]:
    try:
        return [*map(parse_fault, wanted), *(STORIES[story].faults if story else ())]
    except FaultSyntaxError as error:
        stop(safe_text(error), "--fault 429:path=/crm/*,every=3")


def _start(server: FakeHubSpot, host: str, port: int) -> None:
    try:
        server.start()
    except OSError as error:
        stop(
            f"cannot listen on {safe_text(host)} port {port}: {error.strerror or error}",
            "--port 0 chooses a free port",
        )


def _portal(given: int | None, schema: AccountSchema, *, auto_define: bool) -> int | None:
    """Return the portal of the account file; exit with code 2 if options contradict the file."""
    if auto_define:
        stop(
            "--account and --auto-define exclude each other", "the file lists what is defined: leave one out"
        )
    if None not in (given, schema.portal_id) and given != schema.portal_id:
        stop(f"--portal {given} is not the account file's portal {schema.portal_id}", "leave out --portal")
    return schema.portal_id if given is None else given


def _switches(
    given: tuple[str, ...],
    quotas: tuple[str, ...],
    tier: str | None,
    schema: AccountSchema | None,
    *,
    auto_define: bool,
) -> Behaviours:
    # A server is as strict as HubSpot by default; fixtures in Python are not slowed by rate limits.
    wanted: dict[str, Any] = {"enforce_rate_limits": True, "auto_define": auto_define}
    if tier is not None:
        wanted["tier"] = tier
    if schema is not None and schema.limits.calls_a_day is not None:
        wanted["quota_calls"] = schema.limits.calls_a_day
    wanted |= read_switches(given)
    for quota in quotas:
        name, _, value = quota.partition("=")
        if name not in _QUOTAS or not (value.isascii() and value.isdigit()):
            stop(
                f"--quota {safe_text(quota)!r} is not NAME=N with {', '.join(_QUOTAS)}",
                "--quota occurrences=1000",
            )
        wanted[f"quota_{name}"] = value
    try:
        return Behaviours.from_mapping(wanted)
    except BehaviourError as error:
        stop(safe_text(error), "docs/fidelity.md lists them")


def _is_account_file(path: Path) -> bool:
    """Return whether a seed file looks like an account file; its errors are reported by the loader."""
    try:
        return is_account_content(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return False


def _account(service: HubSpot, token: str) -> SimulatedAccount:
    account = service.account_for(token)
    assert account is not None
    return account


def _seed(service: HubSpot, token: str, path: Path) -> None:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        data: Any = json.loads(text)
        service.seed(_account(service, token), data if isinstance(data, dict) else {"seed": data})
    except StoreError as error:
        stop(safe_text(error))
    except OSError as error:
        stop(f"{safe_text(path)} cannot be read: {error.strerror}")
    except json.JSONDecodeError as error:
        fault = fault_of_json(text, error)
        where = f"{safe_text(path)}, line {fault.line}, column {fault.column}"
        stop(f"{where}: invalid JSON: {safe_text(fault.message)}")
    except ValueError as error:
        stop(f"{safe_text(path)}: {safe_text(error)}", '{"contacts": [{"email": "ada@example.org"}]}')


def _write_authority(path: Path, certificate: Certificate) -> Certificate:
    """Write the CA certificate to the user's file atomically; return the certificate with that path."""
    content = Path(certificate.authority).read_bytes()
    try:
        write_whole_file(path, content)
    except OSError as error:
        stop(f"--authority: {safe_text(path)} cannot be written: {error.strerror}")
    return replace(certificate, authority=str(path.absolute()))


def _write_preload(path: Path, base_url: str) -> None:
    try:
        write_node_preload(path, base_url)
    except FileExistsError:
        stop(
            f"--node-preload: {safe_text(path)} exists and is not a preload of hubspot-sim",
            "name another file",
        )
    except OSError as error:
        stop(f"--node-preload: {safe_text(path)} cannot be written: {error.strerror}")


def _announce(
    server: FakeHubSpot,
    host: str,
    certificate: Certificate | None,
    node_preload: Path | None,
    *,
    as_json: bool,
) -> None:
    if host not in _LOOPBACK:
        say(
            f"WARNING: listening on {safe_text(host)}: everybody who can reach this machine can use this account"
        )
    if as_json:
        where = {"baseUrl": server.base_url, "token": server.token, "controlToken": server.control_token}
        if certificate is not None:
            where["certificateAuthority"] = certificate.authority
        if node_preload is not None:
            where["nodePreload"] = str(node_preload.absolute())
        print_data(json.dumps(where))
        return
    print_data(f"HubSpot on this machine: {server.base_url}")
    print_document(f'  Python  hubspot.HubSpot(access_token="{server.token}", host="{server.base_url}")')
    print_document(f'  Node    new Client({{accessToken: "{server.token}", basePath: "{server.base_url}"}})')
    print_document(
        f"  curl    curl -H 'Authorization: Bearer {server.token}' {server.base_url}/crm/v3/objects/contacts"
    )
    print_document(f"  sender  hubspot-dest send CONFIG EVENTS --base-url {server.base_url}")
    if node_preload is not None:
        print_document(f'  walkerOS NODE_OPTIONS="--require {safe_text(node_preload.absolute())}" node …')
    if certificate is not None:
        print_document(
            f"  trust   SSL_CERT_FILE={certificate.authority}  (Node: NODE_EXTRA_CA_CERTS; curl: --cacert)"
        )
    print_document(f"  browser {server.base_url}/?token={server.control_token}")
    print_document(f"control token, for /_simulator/: {server.control_token}")
