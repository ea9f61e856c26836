"""Who has an account, and what that brings them back for: log-ins, and once a month the end of their subscription."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from .journeys import PLANS, Step, cancel, leads, log_in, renew, shop, sign_up
from .people import Person

__all__ = ["Members"]

_SIGNS_UP = 0.35  # of those without an account who could
_CHURN = 0.25  # of the subscriptions that are due


class Members:
    """The accounts of a crowd.

    Args:
        people: everybody.

    """

    def __init__(self, people: list[Person]) -> None:
        self._prices = dict(PLANS)
        self._plans = {one.id: one.plan for one in people if one.plan}
        self._paid: dict[str, tuple[int, int]] = {}  # the latest year and month
        self._by_due: dict[int, list[Person]] = {}
        for one in people:
            self._by_due.setdefault(one.due, []).append(one)

    def someone_due(self, when: float, dice: random.Random) -> Person | None:
        """Return somebody whose subscription goes on or ends today; None where the dice find nobody."""
        today = datetime.fromtimestamp(when, UTC)
        several = self._by_due.get(today.day)
        person = dice.choice(several) if several else None
        return person if person is not None and self._is_due(person, today) else None

    def journey(self, person: Person, when: float, dice: random.Random) -> Iterator[Step]:
        """Return what a person comes for."""
        wanted = dice.choices(("shop", "leads", "account"), person.likes)[0]
        today = datetime.fromtimestamp(when, UTC)
        if self._is_due(person, today):
            return self._settle(person, today, dice)
        if wanted == "account" and person.id in self._plans:
            return log_in(dice)
        if wanted == "account" and dice.random() < _SIGNS_UP:
            plan = self._plans[person.id] = dice.choice(PLANS)[0]
            self._paid[person.id] = today.year, today.month
            return sign_up(dice, plan)
        return leads(dice) if wanted == "leads" else shop(dice)

    def _is_due(self, person: Person, today: datetime) -> bool:
        price = self._prices.get(self._plans.get(person.id, ""), 0.0)
        paid = self._paid.get(person.id) == (today.year, today.month)
        return price > 0 and person.due == today.day and not paid

    def _settle(self, person: Person, today: datetime, dice: random.Random) -> Iterator[Step]:
        plan = self._plans[person.id]
        self._paid[person.id] = today.year, today.month
        if dice.random() < _CHURN:
            del self._plans[person.id]
            return cancel(dice, plan)
        return renew(dice, plan, self._prices[plan])
