"""The endless stream: many people at once, in the order of time, as a walkerOS collector would send it."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .journeys import JOURNEYS, Step
from .odd import make_odd
from .people import Device, Person, draw_people

__all__ = ["START", "Crowd", "events"]

START = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a fixed Monday: no clock of the machine is read
_HOST = "https://www.example.com"
_REFERRERS = ("", "https://search.example/", "https://news.example/weekly", "https://social.example/post/7")
_NAMES = tuple(JOURNEYS)
_AT_ONCE = (
    0.5  # of those who change their mind do so with the first event of a visit, the others in its course
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is about.

    Attributes:
        people: how many there are.
        at_once: how many of them are on a journey at any time.
        familiar: which part of the visits begins logged in, 0 to 1.

    """

    people: int = 400
    at_once: int = 25
    familiar: float = 0.25


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
    # (when, tie-breaker, session): the next step of everybody who is about.
    waiting: list[tuple[float, int, _Session]] = []
    minds = _Minds()
    for number in range(crowd.at_once):
        _enter(waiting, number, dice, people, begun + dice.uniform(0, 600), crowd.familiar, minds)
    number = crowd.at_once
    while True:
        when, order, session = heapq.heappop(waiting)
        event = session.event(when, dice)
        following = session.advance()
        if following is not None:
            heapq.heappush(waiting, (when + following, order, session))
        else:
            _enter(waiting, number, dice, people, when + dice.uniform(1, 300), crowd.familiar, minds)
            number += 1
        if odd and dice.random() < odd:
            kind = make_odd(event, dice)
            event["custom"] = {**event["custom"], "odd": kind}
        yield event


def _enter(
    waiting: list[tuple[float, int, _Session]],
    number: int,
    dice: random.Random,
    people: list[Person],
    when: float,
    familiar: float,
    minds: _Minds,
) -> None:
    hour = datetime.fromtimestamp(when, UTC).hour
    # Two draws: whoever likes this hour better comes.
    first, second = dice.choice(people), dice.choice(people)
    person = min(first, second, key=lambda one: (abs(one.hour - hour), one.id))
    session = _Session(person, dice.choice(person.devices), dice, familiar, minds)
    heapq.heappush(waiting, (when + session.step.wait, number, session))


class _Session:
    """One person on one device, on the way through one journey."""

    def __init__(
        self, person: Person, device: Device, dice: random.Random, familiar: float, minds: _Minds
    ) -> None:
        self._person = person
        self._device = device
        self._steps = JOURNEYS[dice.choices(_NAMES, person.likes)[0]](dice)
        self.step: Step = next(self._steps)
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
            self._minds.change(self._person)
        self._count += 1
        entity, _, action = step.name.partition(" ")
        return {
            "name": step.name,
            "data": step.data,
            "context": step.context,
            "globals": {"pagegroup": step.page.split("/")[1] or "home", "lang": self._person.language},
            "custom": {"ab_test": "b" if self._person.id[-1] in "13579" else "a"},
            "user": self._user(),
            "nested": step.nested,
            "consent": self._minds.consent(self._person),
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
        device, person = self._device, self._person
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
