"""The type of a compiled mapping value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_dest.mapping.evaluation import Evaluation

__all__ = ["Resolve"]

Resolve = Callable[[Any, Evaluation, Any], Any]
"""(input value, evaluation, effective consent) → property, or `UNDEFINED`."""
