"""The endless event stream: concurrent visits in time order, as a walkerOS collector would send them."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.synthesis.odd_events import make_odd

from .calendar_time import CalendarError, utc_time
from .journeys import Step
from .members import Members
from .people import Person, busy, draw_people

__all__ = ["START", "Crowd", "events"]

START = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a fixed Monday, independent of the clock
_HOST = "https://www.example.com"
_REFERRERS = ("", "https://search.example/", "https://news.example/weekly", "https://social.example/post/7")
# Share of consent changes at the first event of a visit; the others happen during it.
_AT_ONCE = 0.5
_REMINDED = 0.04  # share of visits by people whose subscription is due
_DRAWS = 5  # a person of a small crowd may have two visits


@dataclass(frozen=True, slots=True)
class Crowd:
    """The size and activity of the simulated crowd.

    Attributes:
        people: number of people.
        at_once: maximum number of concurrent visits.
        familiar: share of visits that begin logged in, 0 to 1.
        pause: mean seconds between two visits of one slot, at the peak hour.

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
    """Yield walkerOS 4 events endlessly.

    Args:
        seed: the same seed, locale, odd, start and crowd give the same events, on every machine.
        locale: Faker's locale for names and cities.
        odd: share of events that are made odd, 0 to 1; those carry `custom.odd`.
        start: time of the first event; a Monday in 2026 by default.
        crowd: size and pace.

    Raises:
        AttributeError: Faker has no such locale.
        CalendarError: the start or an event is outside the calendar, the years 1 to 9999.
        ValueError: `odd` is not between 0 and 1.

    """
    if not 0 <= odd <= 1:
        raise ValueError(f"odd is {odd}, but must be between 0 and 1")
    try:
        begun = (start or START).astimezone(UTC).timestamp()
    except OverflowError:
        raise CalendarError(f"{start} has no equivalent in UTC") from None
    return _stream(seed, draw_people(seed, crowd.people, locale), odd, begun, crowd)


def _stream(
    seed: int, people: list[Person], odd: float, begun: float, crowd: Crowd
) -> Iterator[dict[str, Any]]:
    rng = random.Random(f"events {seed}")  # noqa: S311 - journeys, not secrets
    door = _Door(people, crowd, rng)
    # (time, tie-breaker, visit): the next step of every active visit.
    waiting: list[tuple[float, int, _Visit]] = []
    for number in range(crowd.at_once):
        heapq.heappush(waiting, door.first(begun, number))
    number = crowd.at_once
    while True:
        when, order, visit = heapq.heappop(waiting)
        event = visit.event(when, rng)
        following = visit.advance()
        if following is not None:
            heapq.heappush(waiting, (when + following, order, visit))
        else:
            heapq.heappush(waiting, door.next(when, number, visit))
            number += 1
        if odd and rng.random() < odd:
            kind = make_odd(event, rng)
            event["custom"] = {**event["custom"], "odd": kind}
        yield event


class _Door:
    """Chooses who visits next and when: many by day, few by night, one visit per person at a time."""

    def __init__(self, people: list[Person], crowd: Crowd, rng: random.Random) -> None:
        self._people = people
        self._crowd = crowd
        self._rng = rng
        self._members = Members(people)
        self._minds = _Minds()
        self._about: set[str] = set()

    def first(self, begun: float, number: int) -> tuple[float, int, _Visit]:
        """Return a visit that starts with the stream."""
        return self._enter(begun + self._rng.uniform(0, min(600.0, self._crowd.pause)), number)

    def next(self, when: float, number: int, left: _Visit) -> tuple[float, int, _Visit]:
        """Return the visit that follows a finished one."""
        self._about.discard(left.person.id)
        while True:
            when += self._rng.uniform(0.2, 1.8) * self._crowd.pause
            if self._rng.random() < busy(utc_time(when).hour):
                return self._enter(when, number)

    def _enter(self, when: float, number: int) -> tuple[float, int, _Visit]:
        rng, person = self._rng, self._somebody(when)
        self._about.add(person.id)
        steps = self._members.journey(person, when, rng)
        visit = _Visit(person, steps, rng, self._crowd.familiar, self._minds)
        return when + visit.step.wait, number, visit

    def _somebody(self, when: float) -> Person:
        rng = self._rng
        due = self._members.someone_due(when, rng) if rng.random() < _REMINDED else None
        if due is not None and due.id not in self._about:
            return due
        hour = utc_time(when).hour
        for _ in range(_DRAWS):
            # Two draws: the person who prefers this hour wins.
            first, second = rng.choice(self._people), rng.choice(self._people)
            person = min(first, second, key=lambda candidate: (_apart(candidate.hour, hour), candidate.id))
            if person.id not in self._about:
                break
        return person


def _apart(hour: int, other: int) -> int:
    """Return the distance between two hours of the day."""
    return min((hour - other) % 24, (other - hour) % 24)


class _Visit:
    """One person on one device in one journey."""

    def __init__(
        self, person: Person, steps: Iterator[Step], rng: random.Random, familiar: float, minds: _Minds
    ) -> None:
        self.person = person
        self._device = rng.choice(person.devices)
        self._steps = steps
        self.step: Step = next(steps)
        self._known = rng.random() < familiar  # a session that is still logged in
        self._count = 0
        self._trace = f"{rng.getrandbits(128):032x}"
        self._session = f"{rng.getrandbits(48):012x}"
        self._referrer = rng.choice(_REFERRERS)
        self._began: float | None = None
        self._minds = minds
        self._changes_after = minds.visit(person, rng)

    def advance(self) -> float | None:
        """Advance to the next step and return its wait in seconds; None at the end of the journey."""
        step = next(self._steps, None)
        if step is None:
            return None
        self.step = step
        return step.wait

    def event(self, when: float, rng: random.Random) -> dict[str, Any]:
        """Return the event of the current step."""
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
            "id": f"{rng.getrandbits(64) | 1:016x}",
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
    """Consent changes: at most one per person, for all of their devices."""

    def __init__(self) -> None:
        self._visits: Counter[str] = Counter()
        self._changed: set[str] = set()

    def visit(self, person: Person, rng: random.Random) -> int | None:
        """Return the number of events in this visit before consent changes, or None."""
        self._visits[person.id] += 1
        at_once, after = rng.random() < _AT_ONCE, 1 + int(4 * rng.random())
        due = self._visits[person.id] == 1 + _turning(person) and person.consent in ("later", "withdrawn")
        return (0 if at_once else after) if due else None

    def change(self, person: Person) -> None:
        """Change a person's consent."""
        self._changed.add(person.id)

    def consent(self, person: Person) -> dict[str, bool]:
        """Return a person's current consent."""
        begins = person.consent in ("granted", "withdrawn")
        marketing = begins != (person.id in self._changed)
        return {"functional": True, "analytics": person.consent != "refused", "marketing": marketing}


def _turning(person: Person) -> int:
    """Return the number of visits before a person's consent changes, or None."""
    return 1 + sum(map(ord, person.id)) % 3
