"""Shut down gracefully after a signal."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

__all__ = ["GracefulShutdown"]


@dataclass(slots=True)
class GracefulShutdown:
    """Handles SIGINT and SIGTERM: the first requests a graceful shutdown, the second exits at once.

    Attributes:
        number: the received signal; None before any.

    """

    number: int | None = None
    _former: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._former[number] = signal.signal(number, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        self.number = number
        for index, former in self._former.items():
            signal.signal(index, former)
