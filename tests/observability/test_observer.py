"""Watching: what is counted and written down is what happened, and names nobody's secrets."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.delivery.client.exchange import Exchange
from hubspot_dest.observability.observer import Observer
from hubspot_dest.observability.opentelemetry import OtelInstruments
from hubspot_dest.observability.prometheus import PrometheusInstruments
from hubspot_dest.observability.trail import Trail, follow
from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import SEED
from tests.factories import ADA, make_config, make_event

IDENTIFY = {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.first"}}}}


def visit(number: int, email: str = ADA, **fields: Any) -> dict[str, Any]:
    return make_event(number, email, user={"first": "Ada"}, **fields)


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def seeded(hubspot: FakeHubSpot) -> FakeHubSpot:
    hubspot.service.seed(hubspot.account, SEED)
    return hubspot


def test_an_event_is_followed_from_its_id_to_hubspots_answer(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    watcher = Observer(trail=trail)
    watcher.line_of = {"e1": 7}.get
    with (
        FakeHubSpot() as hubspot,
        watcher.destination(make_config(seeded(hubspot), identify=IDENTIFY)) as destination,
    ):
        destination.push(visit(1, email="grace@example.org"))
        stored = hubspot.account.occurrences[0]["id"]
        correlation = hubspot.journal.entries()[-1].answer.headers
    trail.close()
    (record,) = [item for item in records(path) if item["kind"] == "event"]
    assert (record["id"], record["line"], record["outcome"]) == ("e1", 7, "sent")
    assert record["uuid"] == stored == occurrence_uuid("e1")
    assert record["calls"] == [
        "crm.contacts.basicApi.update",
        "crm.contacts.basicApi.create",
        "events.send.basicApi.send",
    ]
    assert [answer["status"] for answer in record["answers"]] == [404, 201, 204]
    assert all(answer["seconds"] > 0 for answer in record["answers"])
    known = {value for name, value in correlation if name.lower() == "x-hubspot-correlation-id"}
    assert not known or record["answers"][-1]["correlationId"] in known
    assert [entry["id"] for entry in follow(path, "e1")] == ["e1"]
    assert [entry["id"] for entry in follow(path, record["uuid"])] == ["e1"]


def test_events_of_a_batch_are_followed_into_the_batch_and_to_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    with FakeHubSpot() as hubspot:
        settings = make_config(seeded(hubspot), batch=True, batchSize=3)
        with Observer(trail=trail).destination(settings) as destination:
            for number in range(4):
                destination.push(visit(number))
    trail.close()
    told = list(follow(path, "e1"))
    assert [entry["outcome"] for entry in told] == ["queued", "flushed"]
    assert told[1]["events"] == ["e0", "e1", "e2"]
    assert [answer["status"] for answer in told[1]["answers"]] == [204]
    by_uuid = list(follow(path, occurrence_uuid("e3")))
    assert [entry["outcome"] for entry in by_uuid] == ["queued", "flushed"]


def test_a_refusal_is_in_the_trail_with_hubspots_reason(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    with (
        FakeHubSpot() as hubspot,
        Observer(trail=trail).destination(make_config(seeded(hubspot))) as destination,
    ):
        destination.push(visit(1, name="page read"))
        destination.push(visit(2))
    trail.close()
    refused, sent = [record for record in records(path) if record["kind"] == "event"]
    assert (refused["outcome"], refused["level"]) == ("failed", "error")
    assert refused["error"]["status"] == 400
    assert [answer["status"] for answer in refused["answers"]] == [400]
    assert [answer["status"] for answer in sent["answers"]] == [204]
    assert any(record["kind"] == "log" and record["message"] == "Push failed" for record in records(path))
    assert [record["call"] for record in records(path) if record["kind"] == "request"] == ["send"]


def test_answers_stay_with_their_events_when_many_threads_push(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    with (
        FakeHubSpot() as hubspot,
        Observer(trail=trail).destination(make_config(seeded(hubspot))) as destination,
    ):

        def push(first: int) -> None:
            for number in range(first, first + 20):
                destination.push(visit(number, name="page view" if number % 2 else "page read"))

        threads = [threading.Thread(target=push, args=(first,)) for first in (0, 100, 200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    trail.close()
    events = [record for record in records(path) if record["kind"] == "event"]
    assert len(events) == 60
    for entry in events:
        odd = int(entry["id"].removeprefix("e")) % 2
        assert [answer["status"] for answer in entry["answers"]] == [204 if odd else 400]


def test_no_token_is_ever_in_the_trail(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    secret = "a-token-of-no-known-form"
    trail = Trail(path, token=secret)
    with FakeHubSpot() as hubspot:
        settings = make_config(hubspot, accessToken=secret)
        with Observer(trail=trail).destination(settings) as destination:
            destination.push(visit(1, name=f"page {secret}"))
    trail.close()
    text = path.read_text(encoding="utf-8")
    assert "e1" in [entry.get("id") for entry in records(path)]
    assert secret not in text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="moving an open file needs POSIX")
def test_a_trail_that_was_rotated_away_goes_on_in_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    trail = Trail(path)
    trail.write(20, {"kind": "event", "id": "1"})
    path.rename(tmp_path / "trail.jsonl.1")
    trail.write(20, {"kind": "event", "id": "2"})
    trail.close()
    assert [record["id"] for record in records(path)] == ["2"]


def test_a_trail_that_cannot_be_written_any_more_stops_no_delivery(tmp_path: Path) -> None:
    trail = Trail("/dev/full")
    with (
        FakeHubSpot() as hubspot,
        Observer(trail=trail).destination(make_config(seeded(hubspot))) as destination,
    ):
        assert destination.push(visit(1)).kind == "sent"
    trail.close()


def test_a_trail_cut_off_by_a_crash_is_followed_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    path.write_bytes(b'{"kind":"event","id":"e1"}\n[1]\nnonsense e1\n{"kind":"event","id":"e1","outc')
    assert list(follow(path, "e1")) == [{"kind": "event", "id": "e1"}]


def test_prometheus_sees_every_event_and_every_request() -> None:
    instruments = PrometheusInstruments()
    with FakeHubSpot() as hubspot:
        settings = make_config(seeded(hubspot), identify=IDENTIFY)
        with Observer(instruments).destination(settings) as destination:
            for number in range(5):
                destination.push(visit(number))
            destination.push(visit(6, name="page read"))
            destination.push({"name": "nonsense"})
            text = instruments.text()
    for line in (
        'hubspot_dest_events_total{outcome="sent",reason="send",stage="accepted"} 5.0',
        'hubspot_dest_events_total{outcome="failed",reason="send_failed",stage="accepted"} 1.0',
        'hubspot_dest_events_total{outcome="failed",reason="invalid_event",stage="accepted"} 1.0',
        'hubspot_dest_requests_total{call="send",status="204"} 5.0',
        'hubspot_dest_requests_total{call="send",status="400"} 1.0',
        'hubspot_dest_requests_total{call="contact update",status="200"} 1.0',
        'hubspot_dest_request_seconds_count{call="send"} 6.0',
        "hubspot_dest_queued 0.0",
    ):
        assert line in text, text


def test_the_same_counts_reach_opentelemetry() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    with FakeHubSpot() as hubspot:
        settings = make_config(seeded(hubspot), batch=True)
        with Observer(OtelInstruments(provider)).destination(settings) as destination:
            for number in range(3):
                destination.push(visit(number))
            data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    points = {
        metric.name: metric.data.data_points
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    (queued,) = points["hubspot_dest.events"]
    assert (queued.value, dict(queued.attributes or {})["outcome"]) == (3, "queued")  # type: ignore[union-attr]
    assert points["hubspot_dest.queued"][0].value == 3  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", "/events/v3/send", "send"),
        ("POST", "/events/custom/2026-03/send/batch", "send batch"),
        ("PATCH", "/crm/objects/2026-03/contacts/a%40b.c", "contact update"),
        ("POST", "/crm/v3/objects/contacts", "contact create"),
        ("POST", "/crm/v3/objects/contacts/batch/upsert", "contacts upsert"),
        ("GET", "/crm/v3/objects/contacts/a%40b.c", "read"),
    ],
)
def test_a_label_never_holds_a_persons_name(method: str, path: str, call: str) -> None:
    assert Exchange(method, path, 200, 0.1).call == call
