"""Infer the type of a HubSpot property from its values (HubSpot wire facts, sections 1.5 and 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.checks.properties import Property
from hubspot_dest.checks.values import check_value

__all__ = ["ValueType"]

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}\S*", re.ASCII)
_BY_KIND: Final = {"number": "number", "boolean": "bool", "day": "date", "moment": "datetime"}
_MOST_SAMPLE: Final = 120


@dataclass(slots=True)
class ValueType:
    """The type that accepts all values of a property added so far.

    A number in quotation marks is text: an order number is not an amount, and `007` would lose its zeros.

    Attributes:
        count: the number of values; empty texts clear a property and do not count.
        sample: the first value, as HubSpot receives it, truncated to 120 characters; None without values.

    """

    count: int = 0
    sample: str | None = None
    _kinds: set[str] = field(default_factory=set)

    def add(self, value: Any, text: str) -> None:
        """Add a value.

        Args:
            value: the result of the mapping, before its conversion to text.
            text: the value as HubSpot receives it.

        """
        if text == "":
            return
        self.count += 1
        if self.sample is None:
            self.sample = text if len(text) <= _MOST_SAMPLE else f"{text[: _MOST_SAMPLE - 1]}…"
        if "text" not in self._kinds:
            self._kinds.add(_kind_of(value, text))

    @property
    def name(self) -> str:
        """The type's name in HubSpot's API: string, number, bool, date or datetime."""
        if self._kinds == {"day", "moment"}:
            return "datetime"
        if len(self._kinds) == 1:
            return _BY_KIND.get(next(iter(self._kinds)), "string")
        return "string"


def _kind_of(value: Any, text: str) -> str:
    if isinstance(value, bool):
        kind = "boolean"
    elif isinstance(value, (int, float)):
        kind = "number"
    elif isinstance(value, str) and _DAY.fullmatch(text):
        kind = "day"
    elif isinstance(value, str) and _MOMENT.fullmatch(text):
        kind = "moment"
    else:
        return "text"
    # A float may be NaN, and text in the format of a day may be 31 February.
    return "text" if check_value(Property("", _BY_KIND[kind]), text) else kind
