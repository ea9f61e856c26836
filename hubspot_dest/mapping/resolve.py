"""The form that every mapping value has once it is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_dest.mapping.evaluation import Evaluation

__all__ = ["Resolve"]

Resolve = Callable[[Any, Evaluation, Any], Any]
"""(input value, evaluation, effective consent) → property, or `UNDEFINED`."""
