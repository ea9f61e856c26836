"""A number on the command line that is one."""

from __future__ import annotations

import math
from typing import Any

import click

__all__ = ["RealRange"]


class RealRange(click.FloatRange):
    """A range that `nan` is not in, nor `inf`: click lets both through, as no bound holds for them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or refuse it."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number
