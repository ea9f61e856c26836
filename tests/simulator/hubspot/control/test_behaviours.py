"""Switches can be read and turned while the server runs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.store import Store


def _control(fake: FakeHubSpot, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(fake.base_url + path, data, method=method)
    request.add_header("X-Simulator-Token", fake.control_token)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_a_switch_is_turned_at_once_and_a_slip_names_the_nearest() -> None:
    with FakeHubSpot() as fake:
        assert _control(fake, "GET", "/_simulator/switches")[1]["unknown_property"] == "reject"
        status, now = _control(fake, "PATCH", "/_simulator/switches", {"unknown_property": "drop"})
        assert (status, now["unknown_property"], now["bad_value"]) == (200, "drop", "reject")
        assert fake.account.behaviours.unknown_property == "drop"
        status, said = _control(fake, "PATCH", "/_simulator/switches", {"unknown_propety": "drop"})
        assert status == 400
        assert "did you mean 'unknown_property'" in said["error"]


def test_a_turned_switch_is_kept_in_the_store(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    service = HubSpot(store=Store(file))
    other = service.add_account("other", portal_id=7)
    with FakeHubSpot(service) as fake:
        service.set_behaviours(other, other.behaviours.changed({"tier": "starter"}))
        info = _control(fake, "GET", "/_simulator/info")[1]
        assert (sorted(info["portals"]), info["store"]) == ([7, 12345678], str(file))
    service.close()
    kept = Store(file)
    again = HubSpot(store=kept).account_for("other")
    kept.close()
    assert again is not None
    assert again.behaviours.tier == "starter"


def test_a_control_route_that_there_is_not_says_so_as_json() -> None:
    with FakeHubSpot() as fake:
        assert _control(fake, "GET", "/_simulator/nothing") == (
            404,
            {"error": "there is no control route /_simulator/nothing"},
        )
        assert _control(fake, "DELETE", "/_simulator/faults/-1")[0] == 404
        assert _control(fake, "PUT", "/_simulator/reset")[0] == 405
