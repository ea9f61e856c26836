"""The simulated people: drawn once from Faker, so that a stream of events draws no names."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .journeys import PLANS

if TYPE_CHECKING:
    from faker import Faker

__all__ = ["Device", "Person", "busy", "draw_people"]

_SYSTEMS = (
    ("desktop", "Windows", "11", "Chrome", "142"),
    ("desktop", "macOS", "15", "Safari", "19"),
    ("mobile", "iOS", "19", "Safari", "19"),
    ("mobile", "Android", "16", "Chrome", "142"),
    ("tablet", "iPadOS", "19", "Safari", "19"),
)
_SCREENS = {"desktop": "1920x1080", "mobile": "390x844", "tablet": "820x1180"}

_MEMBERS = 0.6  # share of people who start with an account
# Number of active people at each hour of the day.
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 11, 10, 9, 9, 9, 9, 10, 12, 13, 11, 6, 3)


@dataclass(frozen=True, slots=True)
class Device:
    """A device; its properties are known before the person is identified."""

    id: str
    kind: str
    os: str
    os_version: str
    browser: str
    browser_version: str

    @property
    def screen(self) -> str:
        """Return the screen size."""
        return _SCREENS[self.kind]


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated person with a name, an address and habits.

    Attributes:
        likes: weights of the journeys: shop, leads, account.
        consent: `granted`, `refused`, `later` (refuses first, grants in a later session) or `withdrawn`.
        hour: preferred hour of the day, UTC.
        plan: the plan of an account that exists from the start, or None.
        due: day of the month on which a subscription renews or ends, 1 to 28.

    """

    id: str
    first: str
    last: str
    email: str
    phone: str
    company: str
    job: str
    city: str
    country: str
    language: str
    devices: tuple[Device, ...]
    likes: tuple[int, int, int]
    consent: str
    hour: int
    plan: str
    due: int


def busy(hour: int) -> float:
    """Return the activity at an hour of the day, 1 at the peak."""
    return _HOURS[hour] / max(_HOURS)


def draw_people(seed: int, count: int, locale: str) -> list[Person]:
    """Draw `count` people; the same seed and locale give the same people.

    Raises:
        AttributeError: Faker has no such locale.

    """
    from faker import Faker  # imported late, so that a screen can be drawn before

    faker = Faker(locale)
    faker.seed_instance(seed)
    rng = random.Random(f"people {seed}")  # noqa: S311 - people, not secrets
    language, _, region = locale.partition("_")
    return [_draw(number, faker, rng, language, region or language.upper()) for number in range(count)]


def _draw(number: int, faker: Faker, rng: random.Random, language: str, country: str) -> Person:
    first, last = faker.first_name(), faker.last_name()
    # Addresses in a reserved domain (RFC 2606), unique by number.
    name = ".".join(filter(None, map(_letters, (first, last)))) or faker.user_name()
    email = f"{name}{number}@example.{rng.choice(('com', 'org', 'net'))}"
    devices = tuple(_device(rng) for _ in range(rng.choice((1, 1, 2, 2, 3))))
    return Person(
        id=f"us3r{number:05d}",
        first=first,
        last=last,
        email=email,
        phone=faker.phone_number(),
        company=faker.company(),
        job=faker.job(),
        city=faker.city(),
        country=country,
        language=language,
        devices=devices,
        likes=(rng.randint(0, 5), rng.randint(0, 3), rng.randint(1, 3)),
        consent=rng.choices(("granted", "refused", "later", "withdrawn"), (70, 12, 12, 6))[0],
        hour=rng.choices(range(24), _HOURS)[0],
        plan=rng.choice(PLANS)[0] if rng.random() < _MEMBERS else "",
        due=rng.randint(1, 28),
    )


def _letters(name: str) -> str:
    """Return the part of a name that an e-mail address can contain; empty for a non-Latin name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(text for text in plain if text.isalnum())


def _device(rng: random.Random) -> Device:
    return Device(f"{rng.getrandbits(64):016x}", *rng.choice(_SYSTEMS))
