"""Count distinct texts in bounded memory: exactly up to a limit, then as an estimate (HyperLogLog).

Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm",
2007. With 2^14 registers the standard error is 0.8 %.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Final

__all__ = ["DistinctCounter"]

_BITS: Final = 14
_REGISTERS: Final = 1 << _BITS
_REMAINING_BITS: Final = 64 - _BITS
_ALPHA: Final = 0.7213 / (1 + 1.079 / _REGISTERS)
_EXACT: Final = 50_000


class DistinctCounter:
    """Count distinct texts.

    Args:
        exact: the number of texts that are counted exactly; above it, the count is an estimate in 16 KiB of memory.

    """

    def __init__(self, exact: int = _EXACT) -> None:
        self._exact = exact
        self._hashes: set[int] | None = set()
        self._registers = bytearray()

    def add(self, text: str) -> None:
        """Count a text if it has not been counted before."""
        hashed = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        if self._hashes is None:
            self._note(hashed)
            return
        self._hashes.add(hashed)
        if len(self._hashes) > self._exact:
            self._registers = bytearray(_REGISTERS)
            for number in self._hashes:
                self._note(number)
            self._hashes = None

    @property
    def estimated(self) -> bool:
        """Whether the count is an estimate."""
        return self._hashes is None

    @property
    def count(self) -> int:
        """The number of distinct texts; an estimate if `estimated`."""
        if self._hashes is not None:
            return len(self._hashes)
        raw = _ALPHA * _REGISTERS**2 / sum(2.0**-register for register in self._registers)
        empty = self._registers.count(0)
        # While registers are empty, linear counting is the better estimate.
        return (
            round(_REGISTERS * math.log(_REGISTERS / empty))
            if raw <= 2.5 * _REGISTERS and empty
            else round(raw)
        )

    def _note(self, hashed: int) -> None:
        register = hashed >> _REMAINING_BITS
        remaining = hashed & ((1 << _REMAINING_BITS) - 1)
        rank = _REMAINING_BITS - remaining.bit_length() + 1
        if rank > self._registers[register]:
            self._registers[register] = rank
