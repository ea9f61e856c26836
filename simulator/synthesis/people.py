"""The people who make the events: drawn once from Faker, so that a stream of events costs no draw of a name."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from faker import Faker

from .journeys import PLANS

__all__ = ["Device", "Person", "busy", "draw_people"]

_SYSTEMS = (
    ("desktop", "Windows", "11", "Chrome", "142"),
    ("desktop", "macOS", "15", "Safari", "19"),
    ("mobile", "iOS", "19", "Safari", "19"),
    ("mobile", "Android", "16", "Chrome", "142"),
    ("tablet", "iPadOS", "19", "Safari", "19"),
)
_SCREENS = {"desktop": "1920x1080", "mobile": "390x844", "tablet": "820x1180"}

_MEMBERS = 0.6  # of all people have an account from before
# How many people are about at each hour of the day.
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 11, 10, 9, 9, 9, 9, 10, 12, 13, 11, 6, 3)


@dataclass(frozen=True, slots=True)
class Device:
    """Something that a person browses with; it is known before the person is."""

    id: str
    kind: str
    os: str
    os_version: str
    browser: str
    browser_version: str

    @property
    def screen(self) -> str:
        """Return the size of its screen."""
        return _SCREENS[self.kind]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name, an address and habits.

    Attributes:
        likes: which journeys suit them, with weights: shop, leads, account.
        consent: `granted`, `refused`, `later` (refuses first, grants in a later session) or `withdrawn`.
        hour: at which hour of the day (UTC) they like to come.
        plan: which plan their account has from before, if they have one.
        due: on which day of the month a subscription of theirs ends or goes on, 1 to 28.

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
    """Return how much goes on at an hour of the day: 1 at the busiest."""
    return _HOURS[hour] / max(_HOURS)


def draw_people(seed: int, count: int, locale: str) -> list[Person]:
    """Draw so many people; the same seed and locale give the same people.

    Raises:
        AttributeError: Faker has no such locale.

    """
    faker = Faker(locale)
    faker.seed_instance(seed)
    dice = random.Random(f"people {seed}")  # noqa: S311 - people, not secrets
    language, _, region = locale.partition("_")
    return [_draw(number, faker, dice, language, region or language.upper()) for number in range(count)]


def _draw(number: int, faker: Faker, dice: random.Random, language: str, country: str) -> Person:
    first, last = faker.first_name(), faker.last_name()
    # Addresses of a domain that is nobody's (RFC 2606), told apart by their number.
    name = ".".join(filter(None, map(_letters, (first, last)))) or faker.user_name()
    email = f"{name}{number}@example.{dice.choice(('com', 'org', 'net'))}"
    devices = tuple(_device(dice) for _ in range(dice.choice((1, 1, 2, 2, 3))))
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
        likes=(dice.randint(0, 5), dice.randint(0, 3), dice.randint(1, 3)),
        consent=dice.choices(("granted", "refused", "later", "withdrawn"), (70, 12, 12, 6))[0],
        hour=dice.choices(range(24), _HOURS)[0],
        plan=dice.choice(PLANS)[0] if dice.random() < _MEMBERS else "",
        due=dice.randint(1, 28),
    )


def _letters(name: str) -> str:
    """Return what of a name can stand in an e-mail address: nothing of one in another script."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(one for one in plain if one.isalnum())


def _device(dice: random.Random) -> Device:
    return Device(f"{dice.getrandbits(64):016x}", *dice.choice(_SYSTEMS))
