"""The selected event: its consent, keeping it, copying its calls."""

from __future__ import annotations

from simulator.engine.engine import Engine
from simulator.engine.probes import BY_HAND
from simulator.engine.rows import NOT_DELIVERED
from simulator.tui.actions.navigation import Navigation
from simulator.tui.clipboard import as_curl, as_json
from simulator.tui.shell import Shell
from simulator.tui.widgets.row_detail import calls_of
from simulator.tui.widgets.stream import Stream

__all__ = ["EventActions"]

_CONSENT = {
    True: "grants consent",
    False: "refuses consent",
    None: "has the consent of the events themselves again",
}


class EventActions:
    """Acts on the selected event.

    Args:
        engine: runs the events.
        shell: the app.
        navigation: knows the selected event.
        stream: shows the events.

    """

    def __init__(self, engine: Engine, shell: Shell, navigation: Navigation, stream: Stream) -> None:
        self._engine = engine
        self._shell = shell
        self._navigation = navigation
        self._stream = stream
        self._own_consent: dict[str, bool] = {}

    def change_consent(self) -> None:
        """Set the consent of the event's person: the opposite of the event's, then back, then the event's own."""
        row = self._navigation.selected()
        if row is None:
            return
        if not row.person:
            self._shell.say("this event has no person", 2)
            return
        if not self._engine.config.consent:
            self._shell.say("this configuration requires no consent")
            return
        own = row.kind != "denied"
        now = self._engine.consents.get(row.person)
        wanted: bool | None = None
        if now is None:
            self._own_consent[row.person] = own
            wanted = not own
        elif now != self._own_consent.get(row.person, own):
            wanted = not now
        self._shell.when_done(self._engine.grant(row.person, wanted))
        self._shell.say(f"{row.person[:60]} {_CONSENT[wanted]}")

    def keep(self) -> None:
        """Keep the selected event: it is run again at every save until it is sent."""
        row = self._navigation.selected()
        if row is None:
            return
        if not row.pinned and row.kind not in (*NOT_DELIVERED, "queued"):
            self._shell.say("it was sent; only events that were not can be kept")
            return
        row.pinned = not row.pinned
        state = "kept: run again at every save; is:kept shows all" if row.pinned else "no longer kept"
        self._shell.say(f"{row.name[:40]} is {state}", 2)
        self._stream.refresh()

    def copy(self, form: str) -> None:
        """Copy the calls of the selected event, as `json` or `curl`."""
        row = self._navigation.selected(batches=True)
        if row is None:
            return
        calls = calls_of(self._engine, row)
        if not calls:
            self._shell.say("this event makes no call", 2)
            return
        text = as_json(calls) if form == "json" else as_curl(calls, self._engine.hubspot.base_url, BY_HAND)
        self._shell.copy(text)
        self._shell.say(f"{len(calls)} call{'s' * (len(calls) > 1)} copied as {form}", 2)
