"""The errors of a broker: a sentence, a hint, and whether waiting helps."""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "LeaseLostError", "RebalancingError", "StreamError"]

Kind = Literal[
    "unreachable", "authentication", "authorization", "no_topic", "unsupported", "configuration", "too_large"
]


class StreamError(Exception):
    """A broker failed or refused an operation.

    Attributes:
        kind: a stable code.
        sentence: what happened, with secrets masked.
        hint: what to do about it; may be empty.
        heals: whether waiting may help, so that the operation is retried.

    """

    def __init__(self, kind: Kind, sentence: str, hint: str = "", *, heals: bool = False) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.hint = hint
        self.heals = heals


class LeaseLostError(Exception):
    """Another worker owns the partition of a commit, and with it everything that is not committed."""


class RebalancingError(Exception):
    """The group is rebalancing; partitions that this worker keeps can be committed afterwards."""
