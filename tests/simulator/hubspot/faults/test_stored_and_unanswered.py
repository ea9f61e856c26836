"""Stored but unanswered: whoever sends again with the same uuid must not count twice."""

from __future__ import annotations

from typing import Any

import pytest
import urllib3
from hubspot import HubSpot

from simulator.hubspot import FakeHubSpot

VIEW = "pe12345678_view"
SEED = {"contacts": [{"email": "ada@example.org"}], "definitions": [{"name": VIEW}]}
EVENT = {"eventName": VIEW, "email": "ada@example.org", "properties": {}, "uuid": "u1"}


def ways(fake: FakeHubSpot) -> dict[str, Any]:
    send = HubSpot(access_token=fake.token, host=fake.base_url, retry=False).events.send
    return {"single": send.basic_api.send, "batch": send.batch_api.send}


@pytest.mark.parametrize(("way", "body"), [("single", EVENT), ("batch", {"inputs": [EVENT]})])
@pytest.mark.parametrize(
    "fault", ["lost", "500:stored=true", "502:stored=true", "503:stored=true", "504:stored=true"]
)
def test_a_retry_with_the_same_uuid_leaves_exactly_one_occurrence(fault: str, way: str, body: Any) -> None:
    with FakeHubSpot(faults=[fault + (",count=1" if ":" in fault else ":count=1")]) as fake:
        fake.service.seed(fake.account, SEED)
        send = ways(fake)[way]
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- every sub-package has its own class tree
            send(body, _request_timeout=5)
        if fault == "lost":
            assert isinstance(caught.value, urllib3.exceptions.ProtocolError)
        else:
            assert type(caught.value).__name__ == "ServiceException"
            assert str(caught.value.status) == fault[:3]  # type: ignore[attr-defined]
        assert len(fake.account.occurrences) == 1  # stored, though the client saw a failure
        assert send(body, _request_timeout=5) is None
        assert [occurrence["id"] for occurrence in fake.account.occurrences] == ["u1"]
        assert fake.account.counters().duplicates == 1


def test_a_retry_without_a_uuid_counts_twice() -> None:
    with FakeHubSpot(faults=["lost:count=1"]) as fake:
        fake.service.seed(fake.account, SEED)
        send = ways(fake)["single"]
        body = {name: value for name, value in EVENT.items() if name != "uuid"}
        with pytest.raises(urllib3.exceptions.ProtocolError):
            send(body, _request_timeout=5)
        send(body, _request_timeout=5)
        assert len(fake.account.occurrences) == 2


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (401, "UnauthorizedException"),
        (403, "ForbiddenException"),
        (423, "ApiException"),
        (429, "ApiException"),
        (477, "ApiException"),
        (500, "ServiceException"),
        (502, "ServiceException"),
        (503, "ServiceException"),
        (504, "ServiceException"),
    ],
)
def test_a_status_fault_is_the_exception_class_that_the_client_documents(status: int, name: str) -> None:
    with FakeHubSpot(faults=[f"{status}:count=1"]) as fake:
        fake.service.seed(fake.account, SEED)
        with pytest.raises(Exception, match=rf"\({status}\)") as caught:
            ways(fake)["batch"]({"inputs": [EVENT]}, _request_timeout=5)
        assert type(caught.value).__name__ == name
        assert caught.value.headers.get("Retry-After") == ("86400" if status == 477 else None)  # type: ignore[attr-defined]
        assert fake.account.occurrences == []
