"""The endless stream: many people at once, in the order of time, as a walkerOS collector would send it."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.synthesis.odd_events import make_odd

from .journeys import Step
from .members import Members
from .people import Person, busy, draw_people

__all__ = ["START", "Crowd", "events"]

START = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a fixed Monday: no clock of the machine is read
_HOST = "https://www.example.com"
_REFERRERS = ("", "https://search.example/", "https://news.example/weekly", "https://social.example/post/7")
# Of those who change their mind so many do so with the first event of a visit, the others in its course.
_AT_ONCE = 0.5
_REMINDED = 0.04  # of the visits are of somebody whose subscription is due, as long as there is somebody
_DRAWS = 5  # in a small crowd somebody may be about twice


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is about.

    Attributes:
        people: how many there are.
        at_once: how many of them are on a journey at once, at the most.
        familiar: which part of the visits begins logged in, 0 to 1.
        pause: seconds from one visit to the next in the place of one of those, on average at the busiest hour.

    """

    people: int = 1000
    at_once: int = 25
    familiar: float = 0.25
    pause: float = 600.0


def events(
    seed: int,
    *,
    locale: str = "en_US",
    odd: float = 0.0,
    start: datetime | None = None,
    crowd: Crowd = Crowd(),
) -> Iterator[dict[str, Any]]:
    """Yield walkerOS 4 events without end.

    Args:
        seed: the same seed, locale, odd, start and crowd give the same events, on every machine.
        locale: whose names and cities, as Faker names it.
        odd: which part of the events is spoilt as real life spoils them, 0 to 1; those carry `custom.odd`.
        start: the moment of the first events; a Monday in 2026 by default.
        crowd: who is about.

    Raises:
        AttributeError: Faker has no such locale.
        ValueError: `odd` is no part.

    """
    if not 0 <= odd <= 1:
        raise ValueError(f"odd is {odd}: a part between 0 and 1")
    begun = (start or START).astimezone(UTC).timestamp()
    return _stream(seed, draw_people(seed, crowd.people, locale), odd, begun, crowd)


def _stream(
    seed: int, people: list[Person], odd: float, begun: float, crowd: Crowd
) -> Iterator[dict[str, Any]]:
    dice = random.Random(f"events {seed}")  # noqa: S311 - journeys, not secrets
    door = _Door(people, crowd, dice)
    # (when, tie-breaker, visit): the next step of everybody who is about.
    waiting: list[tuple[float, int, _Visit]] = []
    for number in range(crowd.at_once):
        heapq.heappush(waiting, door.first(begun, number))
    number = crowd.at_once
    while True:
        when, order, visit = heapq.heappop(waiting)
        event = visit.event(when, dice)
        following = visit.advance()
        if following is not None:
            heapq.heappush(waiting, (when + following, order, visit))
        else:
            heapq.heappush(waiting, door.next(when, number, visit))
            number += 1
        if odd and dice.random() < odd:
            kind = make_odd(event, dice)
            event["custom"] = {**event["custom"], "odd": kind}
        yield event


class _Door:
    """Who comes next, and when: many by day, few by night; everybody in one visit at a time."""

    def __init__(self, people: list[Person], crowd: Crowd, dice: random.Random) -> None:
        self._people = people
        self._crowd = crowd
        self._dice = dice
        self._members = Members(people)
        self._minds = _Minds()
        self._about: set[str] = set()

    def first(self, begun: float, number: int) -> tuple[float, int, _Visit]:
        """Return a visit that begins with the stream."""
        return self._enter(begun + self._dice.uniform(0, min(600.0, self._crowd.pause)), number)

    def next(self, when: float, number: int, left: _Visit) -> tuple[float, int, _Visit]:
        """Return the visit that follows one that is over."""
        self._about.discard(left.person.id)
        while True:
            when += self._dice.uniform(0.2, 1.8) * self._crowd.pause
            if self._dice.random() < busy(datetime.fromtimestamp(when, UTC).hour):
                return self._enter(when, number)

    def _enter(self, when: float, number: int) -> tuple[float, int, _Visit]:
        dice, person = self._dice, self._somebody(when)
        self._about.add(person.id)
        steps = self._members.journey(person, when, dice)
        visit = _Visit(person, steps, dice, self._crowd.familiar, self._minds)
        return when + visit.step.wait, number, visit

    def _somebody(self, when: float) -> Person:
        dice = self._dice
        due = self._members.someone_due(when, dice) if dice.random() < _REMINDED else None
        if due is not None and due.id not in self._about:
            return due
        hour = datetime.fromtimestamp(when, UTC).hour
        for _ in range(_DRAWS):
            # Two draws: whoever likes this hour better comes.
            first, second = dice.choice(self._people), dice.choice(self._people)
            person = min(first, second, key=lambda one: (_apart(one.hour, hour), one.id))
            if person.id not in self._about:
                break
        return person


def _apart(hour: int, other: int) -> int:
    """Return how many hours lie between two hours of the day."""
    return min((hour - other) % 24, (other - hour) % 24)


class _Visit:
    """One person on one device, on the way through one journey."""

    def __init__(
        self, person: Person, steps: Iterator[Step], dice: random.Random, familiar: float, minds: _Minds
    ) -> None:
        self.person = person
        self._device = dice.choice(person.devices)
        self._steps = steps
        self.step: Step = next(steps)
        self._known = dice.random() < familiar  # a log-in that lasts from an earlier visit
        self._count = 0
        self._trace = f"{dice.getrandbits(128):032x}"
        self._session = f"{dice.getrandbits(48):012x}"
        self._referrer = dice.choice(_REFERRERS)
        self._began: float | None = None
        self._minds = minds
        self._changes_after = minds.visit(person, dice)

    def advance(self) -> float | None:
        """Go on to the next step and return its wait in seconds; None at the end of the journey."""
        step = next(self._steps, None)
        if step is None:
            return None
        self.step = step
        return step.wait

    def event(self, when: float, dice: random.Random) -> dict[str, Any]:
        """Make the event of the present step."""
        step = self.step
        self._began = when if self._began is None else self._began
        self._known = self._known or step.knows
        if self._changes_after == self._count:
            self._minds.change(self.person)
        self._count += 1
        entity, _, action = step.name.partition(" ")
        return {
            "name": step.name,
            "data": step.data,
            "context": step.context,
            "globals": {"pagegroup": step.page.split("/")[1] or "home", "lang": self.person.language},
            "custom": {"ab_test": "b" if self.person.id[-1] in "13579" else "a"},
            "user": self._user(),
            "nested": step.nested,
            "consent": self._minds.consent(self.person),
            "id": f"{dice.getrandbits(64) | 1:016x}",
            "trigger": step.trigger,
            "entity": entity,
            "action": action,
            "timestamp": int(when * 1000),
            "timing": round(when - self._began, 2),
            "source": {
                "type": "browser",
                "platform": "web",
                "schema": "4",
                "count": self._count,
                "trace": self._trace,
                "url": f"{_HOST}{step.page}",
                "referrer": self._referrer,
                "release": {"web": "4.4.0"},
            },
        }

    def _user(self) -> dict[str, Any]:
        device, person = self._device, self.person
        user: dict[str, Any] = {"device": device.id, "session": self._session}
        if self._known:
            user |= {"id": person.id, "email": person.email}
        user |= {
            "language": person.language,
            "country": person.country,
            "deviceType": device.kind,
            "os": device.os,
            "osVersion": device.os_version,
            "browser": device.browser,
            "browserVersion": device.browser_version,
            "screenSize": device.screen,
        }
        if self._known:
            user |= {
                "firstname": person.first,
                "lastname": person.last,
                "phone": person.phone,
                "company": person.company,
                "jobtitle": person.job,
                "city": person.city,
            }
        return user


class _Minds:
    """Who has changed their mind about consent: once, and for all of their devices."""

    def __init__(self) -> None:
        self._visits: Counter[str] = Counter()
        self._changed: set[str] = set()

    def visit(self, person: Person, dice: random.Random) -> int | None:
        """Return after how many events of this visit the mind is changed; None where it is not."""
        self._visits[person.id] += 1
        at_once, after = dice.random() < _AT_ONCE, 1 + int(4 * dice.random())
        due = self._visits[person.id] == 1 + _turning(person) and person.consent in ("later", "withdrawn")
        return (0 if at_once else after) if due else None

    def change(self, person: Person) -> None:
        """Change a person's mind."""
        self._changed.add(person.id)

    def consent(self, person: Person) -> dict[str, bool]:
        """Return what a person consents to by now."""
        begins = person.consent in ("granted", "withdrawn")
        marketing = begins != (person.id in self._changed)
        return {"functional": True, "analytics": person.consent != "refused", "marketing": marketing}


def _turning(person: Person) -> int:
    """Return after how many visits a person changes their mind, if it is one who does."""
    return 1 + sum(map(ord, person.id)) % 3
