"""A certificate for one run of the server, signed by an authority that nobody else has."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Certificate", "temporary_certificate"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of PEM files: what clients trust, the server's certificates, its key."""

    authority: str
    chain: str
    key: str


@contextmanager
def temporary_certificate(host: str) -> Iterator[Certificate]:
    """Make a certificate for loopback and `host`; its files are gone at the end of the block."""
    import trustme  # cryptography takes 0.1 s to import: only who wants TLS pays

    names = {"localhost", "127.0.0.1", "::1"}
    if host not in ("0.0.0.0", "::"):  # noqa: S104 - no binding
        names.add(host)
    authority = trustme.CA(organization_name="hubspot-sim")
    made = authority.issue_cert(*sorted(names, key=_addresses_last))
    with tempfile.TemporaryDirectory(prefix="hubspot-sim-") as folder:
        paths = Certificate(*(str(Path(folder, name)) for name in ("ca.pem", "server.pem", "server.key")))
        authority.cert_pem.write_to_path(paths.authority)
        made.private_key_pem.write_to_path(paths.key)
        for number, blob in enumerate(made.cert_chain_pems):
            blob.write_to_path(paths.chain, append=number > 0)
        yield paths


def _addresses_last(name: str) -> tuple[bool, str]:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False, name
    return True, name
