"""The stream: pause, speed, seed, restart."""

from __future__ import annotations

from hubspot_dest.amounts import plural
from simulator.engine.engine import Engine
from simulator.tui.shell import Shell
from simulator.tui.widgets.header import Header
from simulator.tui.widgets.modals import Question

__all__ = ["RATES", "StreamActions"]

RATES = (0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 0)
"""Events per second, slowest first; 0 is full speed."""
_FULL_SPEED = 4000  # what full speed counts as between the steps


class StreamActions:
    """Controls how events are taken from the source.

    Args:
        engine: takes the events.
        shell: the app.
        header: shows the state of the stream.
        once: events that were taken are lost when the stream restarts.

    """

    def __init__(self, engine: Engine, shell: Shell, header: Header, *, once: bool) -> None:
        self._engine = engine
        self._shell = shell
        self._header = header
        self._once = once

    def pause(self) -> None:
        """Pause or resume."""
        if self._engine.paused:
            self._engine.resume()
        else:
            self._engine.pause()
        self._header.update()

    def step(self) -> None:
        """Take one event."""
        self._engine.step()

    def change_rate(self, by: int) -> None:
        """Go faster or slower by a number of steps."""
        rate = self._engine.rate.per_second
        near = min(
            range(len(RATES)),
            key=lambda index: abs((RATES[index] or _FULL_SPEED) - (rate or _FULL_SPEED)),
        )
        self._engine.set_rate(RATES[max(0, min(near + by, len(RATES) - 1))])
        self._header.update()

    def ask_seed(self) -> None:
        """Ask for another seed, and restart with it."""
        if self._header.origin:
            self._shell.say("these events are not synthetic: there is no seed")
            return

        def judge(text: str) -> str:
            digits = text.removeprefix("-")
            return "" if digits.isascii() and digits.isdigit() and len(digits) < 16 else "a whole number"

        def answer(text: str | None) -> None:
            if text is not None:
                self._shell.when_done(self._engine.reset(int(text)))

        question = Question("seed of the stream", str(self._engine.seed), "any whole number", judge)
        self._shell.ask(question, answer)

    def restart(self) -> None:
        """Restart with the same seed; ask first where events would be lost."""
        if not self._once or not self._engine.counts.taken:
            self._restart()
            return

        def judge(text: str) -> str:
            return "" if text.strip() == "yes" else "type yes, or press esc"

        def answer(text: str | None) -> None:
            if text is not None:
                self._restart()

        taken = self._engine.counts.taken
        lost = f"{taken:,} {plural(taken, 'event')} cannot be read again and would be lost"
        self._shell.ask(Question(lost, "", "yes", judge), answer)

    def _restart(self) -> None:
        self._shell.when_done(self._engine.reset())
        self._shell.say("restarted", 2)
