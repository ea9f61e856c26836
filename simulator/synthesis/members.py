"""Account holders and their return visits: logins, and a monthly subscription renewal or cancellation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime

from .calendar_time import utc_time
from .journeys import PLANS, Step, cancel, leads, log_in, renew, shop, sign_up
from .people import Person

__all__ = ["Members"]

_SIGNS_UP = 0.35  # share of people without an account who sign up
_CHURN = 0.25  # share of due subscriptions


class Members:
    """The accounts of a crowd.

    Args:
        people: everyone in the crowd.

    """

    def __init__(self, people: list[Person]) -> None:
        self._prices = dict(PLANS)
        self._plans = {person.id: person.plan for person in people if person.plan}
        self._paid: dict[str, tuple[int, int]] = {}  # the latest year and month
        self._by_due: dict[int, list[Person]] = {}
        for person in people:
            self._by_due.setdefault(person.due, []).append(person)

    def someone_due(self, when: float, rng: random.Random) -> Person | None:
        """Return a person whose subscription renews or ends today, or None."""
        today = utc_time(when)
        several = self._by_due.get(today.day)
        person = rng.choice(several) if several else None
        return person if person is not None and self._is_due(person, today) else None

    def journey(self, person: Person, when: float, rng: random.Random) -> Iterator[Step]:
        """Return the purpose of a person's visit."""
        wanted = rng.choices(("shop", "leads", "account"), person.likes)[0]
        today = utc_time(when)
        if self._is_due(person, today):
            return self._settle(person, today, rng)
        if wanted == "account" and person.id in self._plans:
            return log_in(rng)
        if wanted == "account" and rng.random() < _SIGNS_UP:
            plan = self._plans[person.id] = rng.choice(PLANS)[0]
            self._paid[person.id] = today.year, today.month
            return sign_up(rng, plan)
        return leads(rng) if wanted == "leads" else shop(rng)

    def _is_due(self, person: Person, today: datetime) -> bool:
        price = self._prices.get(self._plans.get(person.id, ""), 0.0)
        paid = self._paid.get(person.id) == (today.year, today.month)
        return price > 0 and person.due == today.day and not paid

    def _settle(self, person: Person, today: datetime, rng: random.Random) -> Iterator[Step]:
        plan = self._plans[person.id]
        self._paid[person.id] = today.year, today.month
        if rng.random() < _CHURN:
            del self._plans[person.id]
            return cancel(rng, plan)
        return renew(rng, plan, self._prices[plan])
