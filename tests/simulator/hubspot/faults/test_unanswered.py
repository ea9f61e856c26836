"""Stored but unanswered: the retry with the same uuid leaves one occurrence, with every fault that can do that."""

from __future__ import annotations

import http.client

import hubspot
import pytest
import urllib3

from simulator.hubspot.fake import FakeHubSpot

ORDER = {"eventName": "pe12345678_order", "email": "ada@example.org", "properties": {}}


@pytest.mark.parametrize(
    "fault",
    ["lost", "truncated", "500:stored=true", "503:stored=true", "504:stored=true", "latency:delay=2s"],
)
@pytest.mark.parametrize("many", [1, 500])
def test_a_retry_with_the_same_uuids_leaves_each_occurrence_once(fault: str, many: int) -> None:
    with FakeHubSpot(faults=[f"{fault},count=1" if ":" in fault else f"{fault}:count=1"]) as fake:
        fake.service.seed(fake.account, {"definitions": [{"name": "pe12345678_order"}]})
        api = hubspot.HubSpot(access_token=fake.token, host=fake.base_url, retry=False).events.send
        inputs = [{**ORDER, "uuid": f"u-{number}"} for number in range(many)]

        def send() -> None:
            if many == 1:
                api.basic_api.send(inputs[0], _request_timeout=0.5)
            else:
                api.batch_api.send({"inputs": inputs}, _request_timeout=0.5)

        with pytest.raises(
            (
                hubspot.events.send.ApiException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                ConnectionError,
            )
        ):
            send()
        send()
        # The slow answer may be stored after the retry: then it is the duplicate.
        fake.clock.skip(10)
        fake.stop()
        counters = fake.account.counters()
        assert counters.accepted == many
        assert len(fake.account.occurrences) == many
        assert counters.duplicates in (0, many)
