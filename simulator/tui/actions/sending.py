"""Sending: batches, flushing, faults, and running events again."""

from __future__ import annotations

from hubspot_dest.amounts import amount
from simulator.engine.engine import Engine
from simulator.engine.rows import NOT_DELIVERED
from simulator.tui.actions.navigation import Navigation
from simulator.tui.shell import Shell
from simulator.tui.widgets.modals import Question

__all__ = ["SendingActions"]

_LARGEST_BATCH = 500


class SendingActions:
    """Controls how the sender delivers, and what HubSpot answers.

    Args:
        engine: runs the sender and HubSpot.
        shell: the app.
        navigation: knows the selected event.

    """

    def __init__(self, engine: Engine, shell: Shell, navigation: Navigation) -> None:
        self._engine = engine
        self._shell = shell
        self._navigation = navigation

    def toggle_batch(self) -> None:
        """Send events in batches, or each in a request of its own."""
        config = self._engine.config
        self._set_batch(0 if config.batch else config.batch_size)

    def _set_batch(self, size: int) -> None:
        future = self._engine.set_batch(size)
        mode = f"batches of {size}" if size else "one request per event"

        def report() -> None:
            stranded = future.result()
            self._shell.say(mode, 2)
            if stranded:
                self._shell.say(
                    f"HubSpot did not take {amount(stranded, 'event')}, which failed; R runs failed events again",
                    None,
                    severity="warning",
                )

        self._shell.when_done(future, report)

    def ask_batch_size(self) -> None:
        """Ask for the size of a batch."""

        def judge(text: str) -> str:
            good = text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _LARGEST_BATCH
            return "" if good else f"a number from 1 to {_LARGEST_BATCH}"

        def answer(text: str | None) -> None:
            if text is not None:
                self._set_batch(int(text))

        size = str(self._engine.config.batch_size)
        self._shell.ask(Question("events in a batch", size, f"1 to {_LARGEST_BATCH}", judge), answer)

    def flush(self) -> None:
        """Send what waits, without waiting for a full batch."""
        if not self._engine.queued:
            self._shell.say("nothing waits to be sent", 2)
            return
        future = self._engine.flush()

        def report() -> None:
            taken, left = future.result(), self._engine.queued
            if taken or not left:
                self._shell.say(f"{amount(taken, 'event')} delivered", 2)
            else:
                self._shell.say(
                    f"HubSpot took no event; {amount(left, 'event')} still waiting", 4, severity="warning"
                )

        self._shell.when_done(future, report)

    def run_again(self) -> None:
        """Run the selected event again."""
        row = self._navigation.selected()
        if row is None:
            return
        if row.kind not in NOT_DELIVERED:
            self._shell.say("only an event that was not sent can be run again", 2)
        else:
            self._shell.when_done(self._engine.again([row.number]))

    def run_failed_again(self) -> None:
        """Run all failed events again."""
        rows = self._engine.ring.rows()
        failed = [row.number for row in rows if row.kind == "failed" and not row.is_batch]
        self._shell.when_done(self._engine.again(failed))
        self._shell.say(f"{amount(len(failed), 'event')} run again" if failed else "no event failed")

    def define_all(self) -> None:
        """Define every event and property that HubSpot does not know; it refuses them with --strict."""
        future = self._engine.define_all()

        def report() -> None:
            made = future.result()
            if made:
                self._shell.say(f"new definitions and properties: {made}; R runs failed events again", 5)
            else:
                self._shell.say("HubSpot knows every event and property of these events", 3)

        self._shell.when_done(future, report)

    def clear_faults(self) -> None:
        """Remove all faults."""
        cleared = self._engine.clear_faults()
        self._shell.say(f"{cleared} fault{'s' * (cleared > 1)} cleared" if cleared else "no fault is set", 2)
