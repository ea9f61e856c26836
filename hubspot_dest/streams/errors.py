"""What can go wrong with a broker: one sentence, one hint, and whether waiting helps."""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "LeaseLostError", "RebalancingError", "StreamError"]

Kind = Literal[
    "unreachable", "authentication", "authorization", "no_topic", "unsupported", "configuration", "too_large"
]


class StreamError(Exception):
    """A broker did not do what was asked of it.

    Attributes:
        kind: a stable code.
        sentence: what happened, with secrets masked.
        hint: what to do; may be empty.
        heals: waiting may help, so it is tried again.

    """

    def __init__(self, kind: Kind, sentence: str, hint: str = "", *, heals: bool = False) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.hint = hint
        self.heals = heals


class LeaseLostError(Exception):
    """Another worker owns what this one wanted to commit: what is not committed belongs to that one."""


class RebalancingError(Exception):
    """The group is being rebalanced: what is this worker's afterwards can be committed then."""
