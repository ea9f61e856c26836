"""Configurations that nobody would write, the same for the same seed: every form of a value, inside every other."""

from __future__ import annotations

import random
from typing import Any

__all__ = ["wild_configuration"]

_PATHS = (
    *(
        "data.a",
        "data.b",
        "data.c.d",
        "data.*",
        "data.list.*.x",
        "data",
        "this",
        "nope.x",
        "name",
        "entity",
        "id",
    ),
    *("nested", "nested.*.data.id", "user.email", "user.id", "user.nope", "consent.marketing", "timestamp"),
    *("context.k.0", "globals.g", "custom.z", "source.type"),
)
_CONDITIONS = (
    "(e) => e.data?.a > 5",
    "(v) => v && v.a === 'x'",
    "() => true",
    "() => false",
    "(v, c) => c.event.data.b === 'gold'",
    "(e) => !e.user?.email",
    "(e) => e.data.a > 5 && e.data.a < 3",
    "(e) => Array.isArray(e.nested) && e.nested.length > 1",
    "(e) => e.consent?.marketing === true",
    "(v, c) => c.consent.marketing",
    "(e) => e.name.startsWith('or')",
    "(e) => e.data.a === undefined",
    "(e) => e.data.a === null",
    "(e) => typeof e.data.a === 'number'",
    "(v) => v.data.b",
    "(v) => v === 'x'",
    "(v) => { throw new Error('no') }",
)
_FUNCTIONS = (
    "(v) => v.data.a",
    "(v) => undefined",
    "() => 5",
    "(v) => v.data.b && v.data.b.toUpperCase()",
    "(v) => v.nested.map(n => n.entity)",
    "(v) => null",
    "(v) => ({ x: v.data.a })",
    "(v) => v.data.a * 2",
    "(v) => []",
)
_FIXED: tuple[Any, ...] = ("s", 0, "", False, None, [None], 1.5, {"x": 1}, [])
_SCOPES = ("nested", "data.list", "this", "data.a", {"key": "nested"})
_CONSENTS: tuple[dict[str, bool], ...] = (
    {"marketing": True},
    {"marketing": True, "x": True},
    {"x": False},
    {},
)


def wild_configuration(seed: int) -> dict[str, Any]:
    """Return the configuration of a seed; it may be refused."""
    return _Wild(random.Random(seed)).configuration()


class _Wild:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def _now_and_then(self, part: float) -> bool:
        return self._dice.random() < part

    def _code(self, several: tuple[str, ...]) -> str:
        return f"$code:{self._dice.choice(several)}"

    def value(self, depth: int = 0) -> Any:
        dice = self._dice
        found: dict[str, Any] = {}
        kind = dice.random()
        if kind < 0.4 or depth > 3:
            return dice.choice(_PATHS)
        if kind < 0.55:
            return [self.value(depth + 1) for _ in range(dice.randint(1, 3))]
        if self._now_and_then(0.4):
            found["key"] = dice.choice(_PATHS)
        if self._now_and_then(0.3):
            found["value"] = dice.choice(_FIXED)
        if self._now_and_then(0.2):
            found["condition"] = self._code(_CONDITIONS)
        if self._now_and_then(0.15):
            found["consent"] = dice.choice(_CONSENTS)
        if self._now_and_then(0.2):
            found["fn"] = self._code(_FUNCTIONS)
        if self._now_and_then(0.15):
            found["validate"] = self._code(_CONDITIONS)
        form = dice.random()
        if form < 0.15:
            found["map"] = {name: self.value(depth + 1) for name in dice.sample("pqr", dice.randint(1, 2))}
        elif form < 0.3:
            found["loop"] = [dice.choice(_SCOPES), self.value(depth + 1)]
        elif form < 0.4:
            found["set"] = [self.value(depth + 1) for _ in range(dice.randint(1, 2))]
        return found

    def rule(self) -> dict[str, Any]:
        dice = self._dice
        found: dict[str, Any] = {}
        if self._now_and_then(0.7):
            found["settings"] = self._settings()
        for name, part, made in (
            ("ignore", 0.1, lambda: True),
            ("silent", 0.1, lambda: True),
            ("consent", 0.15, lambda: {"marketing": True}),
            (
                "policy",
                0.15,
                lambda: {dice.choice(("data.a", "user.email", "data.b", "nested")): self.value()},
            ),
            ("name", 0.1, lambda: dice.choice(("new name", "x y"))),
            ("data", 0.1, self.value),
            ("condition", 0.35, lambda: self._code(_CONDITIONS)),
        ):
            if self._now_and_then(part):
                found[name] = made()
        return found

    def _settings(self) -> dict[str, Any]:
        dice = self._dice
        found: dict[str, Any] = {}
        if self._now_and_then(0.7):
            names = dice.sample(("p1", "p2", "p3"), dice.randint(1, 2))
            found["properties"] = {"map": {name: self.value() for name in names}}
        if self._now_and_then(0.3):
            found["identify"] = self._identify(self.value())
        if self._now_and_then(0.2):
            found["eventName"] = f"n_{dice.choice('abc')}"
        return found

    def _identify(self, email: Any) -> dict[str, Any]:
        return {"map": {"email": email, "properties": {"map": {"firstname": self.value()}}}}

    def configuration(self) -> dict[str, Any]:
        dice = self._dice
        mapping: dict[str, Any] = {}
        for entity in dice.sample(("order", "page", "*", "user"), dice.randint(1, 3)):
            mapping[entity] = {}
            for action in dice.sample(("view", "complete", "*"), dice.randint(1, 2)):
                several = [self.rule() for _ in range(dice.randint(1, 3))]
                mapping[entity][action] = several if self._now_and_then(0.4) else several[0]
        settings: dict[str, Any] = {"eventNamePrefix": "pe1_"}
        whole: dict[str, Any] = {"settings": settings, "mapping": mapping}
        if self._now_and_then(0.3):
            settings["email"] = self.value()
        if self._now_and_then(0.2):
            settings["objectId"] = dice.choice(_PATHS)
        if self._now_and_then(0.2):
            settings["identify"] = self._identify("user.email")
        if self._now_and_then(0.2):
            whole["consent"] = {"marketing": True}
        if self._now_and_then(0.2):
            whole["policy"] = {dice.choice(("data.a", "user.email", "user", "name")): self.value()}
        if self._now_and_then(0.15):
            whole["data"] = self.value()
        return whole
