"""Schemathesis over a real server: every operation of the document, nothing but what the document says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from hypothesis import assume
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from simulator.hubspot.control.openapi import make_document
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.faults.magic_addresses import MAGIC

__all__ = ["check", "operations", "running"]

# An endless answer, and what would take the account away from under the others.
_NOT_CALLED = ("simulator.stream.get",)
# Not "what the schema allows is accepted": HubSpot's rules (names that exist, sizes, e-mails) are not part of the
# schema.
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]


@contextmanager
def running() -> Iterator[FakeHubSpot]:
    """Run a server with something in it."""
    with FakeHubSpot() as fake:
        fake.service.seed(
            fake.account,
            {
                "contacts": [{"email": "ada@example.org"}, {"email": "bob@example.org"}],
                "definitions": [{"name": "pe12345678_view", "properties": ["sku"]}],
            },
        )
        yield fake


def operations(*, aliases: bool) -> Any:
    """Return schemathesis' view of the document."""
    document = make_document(aliases=aliases)
    for methods in document["paths"].values():
        for method in [item for item, said in methods.items() if said["operationId"] in _NOT_CALLED]:
            del methods[method]
    return schemathesis.openapi.from_dict(document)


def check(case: Any, fake: FakeHubSpot) -> None:
    """Send one case and hold the answer against the document."""
    said = f"{case.path_parameters} {case.query} {case.body}"
    assume(not any(f"+{tag}@" in said for tag in MAGIC))  # an address that asks for a fault gets one
    headers = {"Authorization": f"Bearer {fake.token}", "X-Simulator-Token": fake.control_token}
    response = case.call(base_url=fake.base_url, headers=headers)
    case.validate_response(response, checks=_CHECKS)
