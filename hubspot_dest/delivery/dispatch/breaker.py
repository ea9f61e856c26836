"""Detect an outage of HubSpot. Pure: time is passed in."""

from __future__ import annotations

import random

__all__ = ["Breaker"]


class Breaker:
    """Detects an outage: after so many failures in a row, one request at a time probes whether it is over.

    Args:
        failures: how many in a row make an outage.
        first_seconds: the first wait; it doubles up to `cap_seconds`.
        cap_seconds: the longest wait between two probes.
        rng: draws the jitter: between half of the wait and all of it, so that there is always a pause.

    """

    def __init__(
        self,
        rng: random.Random,
        *,
        failures: int = 5,
        first_seconds: float = 1.0,
        cap_seconds: float = 30.0,
    ) -> None:
        self._rng = rng
        self._failures = failures
        self._first, self._cap = first_seconds, cap_seconds
        self._consecutive = 0
        self._until = 0.0
        self._wait = first_seconds
        self.probing = False

    @property
    def open(self) -> bool:
        """Whether there is an outage."""
        return self._consecutive >= self._failures

    def delay(self, now: float) -> float | None:
        """Return how long nothing may be sent: 0 for now; None while another request probes."""
        if not self.open:
            return 0.0
        return None if self.probing else max(0.0, self._until - now)

    def sending(self) -> None:
        """Note that a request goes out; during an outage it is the probe."""
        self.probing = self.open

    def succeeded(self) -> None:
        """Note an answer that shows HubSpot to be there."""
        self._consecutive, self._wait, self.probing = 0, self._first, False

    def failed(self, now: float) -> None:
        """Note a failure that may be an outage."""
        self._consecutive += 1
        self.probing = False
        if self.open:
            self._until = now + self._wait * (0.5 + self._rng.random() / 2)
            self._wait = min(self._cap, self._wait * 2)
