"""Events of a small shop, the configuration that maps them, and what HubSpot must hold afterwards."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubspot_dest.delivery.client.client import occurrence_uuid
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours

TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"
BEGUN_MS = 1_780_000_000_000


def shop_config(**more: Any) -> dict[str, Any]:
    return {
        "settings": {
            "accessToken": TOKEN,
            "eventNamePrefix": "pe12345678_",
            "batch": True,
            "batchSize": 500,
            "identify": {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}},
        },
        **more,
    }


def page_view(number: int, person: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "name": "page view",
        "id": f"e{number}",
        "timestamp": BEGUN_MS + number,
        "user": {"email": f"p{person}@example.org", "plan": "free"},
        **more,
    }


def open_hubspot(**switches: Any) -> FakeHubSpot:
    return FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True, **switches)))


@dataclass
class Shop:
    """Events in order, whose they are, and what HubSpot must know at the end."""

    events: list[dict[str, Any]] = field(default_factory=list)
    plans: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int, people: int, rng: random.Random) -> Shop:
        shop = cls()
        for number in range(count):
            event = page_view(number, rng.randrange(people))
            email = event["user"]["email"]
            if rng.random() < 0.02 or email not in shop.plans:
                shop.plans[email] = f"plan{number}"
            event["user"]["plan"] = shop.plans[email]
            shop.events.append(event)
        return shop

    def write_config(self, folder: Path, **more: Any) -> Path:
        path = folder / "config.json"
        path.write_text(json.dumps(shop_config(**more)), encoding="utf-8")
        return path

    def faults_of(self, hubspot: FakeHubSpot) -> list[str]:
        """Return what is wrong with what HubSpot holds: lost, doubled, out of a person's order, stale contacts."""
        uuids = [row.id for row in hubspot.account.log.rows]
        found = []
        expected = {occurrence_uuid(event["id"]): event for event in self.events}
        lost = expected.keys() - set(uuids)
        if lost:
            found.append(f"{len(lost)} lost, such as {expected[next(iter(lost))]['id']}")
        if len(uuids) != len(set(uuids)):
            found.append(f"{len(uuids) - len(set(uuids))} doubled")
        if set(uuids) - expected.keys():
            found.append(f"{len(set(uuids) - expected.keys())} that nobody sent")
        place = {uuid: number for number, uuid in enumerate(uuids)}
        newest: dict[str, int] = {}
        disordered = 0
        for event in self.events:
            email = event["user"]["email"]
            here = place.get(occurrence_uuid(event["id"]))
            if here is None:
                continue
            disordered += here < newest.get(email, -1)
            newest[email] = max(here, newest.get(email, -1))
        if disordered:
            found.append(f"{disordered} out of a person's order")
        stale = 0
        for email, plan in self.plans.items():
            contact = hubspot.account.contact(email, by_email=True)
            stale += contact is None or contact.properties.get("plan") != plan
        if stale:
            found.append(f"{stale} contacts with an old plan")
        return found
