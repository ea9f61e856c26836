"""A small stand-in for synthetic events, until `simulator.synthesis` is there. Delete it then.

One shop, a hundred people, each on a short journey. Endless; the same seed gives the same events.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

__all__ = ["events"]

_FIRST = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "Radia",
    "Linus",
    "Margaret",
    "Ken",
    "Frances",
    "Dennis",
]
_LAST = [
    "Lovelace",
    "Hopper",
    "Turing",
    "Dijkstra",
    "Liskov",
    "Knuth",
    "Perlman",
    "Hamilton",
    "Thompson",
    "Allen",
    "Ritchie",
]
_PRODUCTS = [("ers", "Everyday Ruck Snack", 420.0), ("cc", "Cool Cap", 42.0), ("kb", "Keyboard", 129.5)]
_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_STEPS = (
    "page view",
    "page view",
    "product view",
    "user login",
    "product view",
    "product add",
    "cart view",
    "order complete",
    "debug ping",
    "form submit",
)


def events(
    seed: int, *, locale: str = "en_US", odd: float = 0.0, start: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """Yield walkerOS events for ever."""
    del locale
    dice = random.Random(seed)  # noqa: S311 - a demonstration, no secret
    clock = (start or _START).timestamp()
    people = [_Visitor(dice, number) for number in range(6)]
    number = 0
    while True:
        position = dice.randrange(len(people))
        visitor = people[position]
        clock += dice.expovariate(0.4)
        event = visitor.event(dice, number, clock)
        if event is None:
            people[position] = _Visitor(dice, number + 6)
            continue
        if odd and dice.random() < odd:
            event["user"] = None if dice.random() < 0.5 else {"id": 17}
        yield event
        number += 1


class _Visitor:
    def __init__(self, dice: random.Random, number: int) -> None:
        self.first, self.last = dice.choice(_FIRST), dice.choice(_LAST)
        self.email = f"{self.first}.{self.last}{number % 97}@example.org".lower()
        self.device = f"{dice.getrandbits(32):08x}"
        self.session = f"{dice.getrandbits(32):08x}"
        self.consents = dice.random() > 0.12
        self.step = 0
        self.known = False

    def event(self, dice: random.Random, number: int, clock: float) -> dict[str, Any] | None:
        if self.step >= len(_STEPS):
            return None
        name = _STEPS[self.step]
        self.step += 1 if dice.random() < 0.9 else 2
        self.known = self.known or name == "user login"
        user: dict[str, Any] = {"device": self.device, "session": self.session}
        if self.known:
            user |= {"email": self.email, "firstName": self.first, "lastName": self.last}
        product, title, price = dice.choice(_PRODUCTS)
        entity, action = name.split()
        nested = [{"entity": "product", "data": {"id": product, "name": title, "price": price}}]
        kinds: dict[str, dict[str, Any]] = {
            "page": {"title": f"{title} · Shop", "url": f"https://shop.example.com/{product}"},
            "product": {"id": product, "name": title, "price": price},
            "cart": {"items": 1, "total": price},
            "order": {"id": f"ord-{number}", "total": round(price * dice.choice((1, 1, 2)), 2)},
            "user": {"email": self.email, "plan": dice.choice(("free", "pro"))},
            "form": {"type": "newsletter", "fields": 3},
        }
        data = kinds.get(entity, {"note": "nothing to see"})
        if entity == "order" and dice.random() < 0.5:
            data["currency"] = "EUR"
        return {
            "name": name,
            "data": data,
            "context": {"dev": ["demo", 1]},
            "globals": {"language": "en"},
            "custom": {},
            "user": user,
            "nested": nested if entity in ("order", "cart") else [],
            "consent": {"functional": True, "marketing": self.consents},
            "id": f"{number:08x}-{dice.getrandbits(32):08x}",
            "trigger": "load" if entity == "page" else "click",
            "entity": entity,
            "action": action,
            "timestamp": int(clock * 1000),
            "timing": round(clock % 60, 2),
            "source": {
                "type": "browser",
                "platform": "web",
                "schema": "4",
                "url": "https://shop.example.com/",
            },
        }
