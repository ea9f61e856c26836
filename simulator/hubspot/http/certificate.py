"""A temporary certificate for the server, signed by a temporary certificate authority."""

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
    """Paths of PEM files: the authority that clients trust, the server's certificate chain, its key."""

    authority: str
    chain: str
    key: str


@contextmanager
def temporary_certificate(host: str, *further: str) -> Iterator[Certificate]:
    """Create a certificate for loopback, `host` and further names; delete its files on exit.

    A further name of `*` is ignored, because a certificate cannot contain it.
    """
    import trustme  # takes 0.1 s to import, and only TLS needs it

    names = {"localhost", "127.0.0.1", "::1", *(name.partition(":")[0] for name in further if name != "*")}
    if host not in ("0.0.0.0", "::"):  # noqa: S104 - no binding
        names.add(host)
    authority = trustme.CA(organization_name="hubspot-sim")
    server_certificate = authority.issue_cert(*sorted(names, key=_addresses_last))
    with tempfile.TemporaryDirectory(prefix="hubspot-sim-") as folder:
        paths = Certificate(*(str(Path(folder, name)) for name in ("ca.pem", "server.pem", "server.key")))
        authority.cert_pem.write_to_path(paths.authority)
        server_certificate.private_key_pem.write_to_path(paths.key)
        for number, blob in enumerate(server_certificate.cert_chain_pems):
            blob.write_to_path(paths.chain, append=number > 0)
        yield paths


def _addresses_last(name: str) -> tuple[bool, str]:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False, name
    return True, name
