"""The worker: fetch, plan, deliver with the dispatcher, write letters, commit, and only then fetch again.

Nothing is in flight during a fetch, so HubSpot receives the messages of each partition in order. Messages that HubSpot
cannot accept now are not committed: fetching pauses, but polling continues, so the worker remains a member of the
group.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Literal

from hubspot_dest.amounts import amount, verb
from hubspot_dest.delivery.outbox.schema import EVENT
from hubspot_dest.delivery.stream_sink import StreamSink
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.outcome import Outcome
from hubspot_dest.streams.counts import Result, WorkerCounts
from hubspot_dest.streams.decoding import DEFAULT_MAX_BYTES, BadMessage, StreamCommand, decoded
from hubspot_dest.streams.errors import LeaseLostError, RebalancingError, StreamError
from hubspot_dest.streams.letters import letter_of_given_up
from hubspot_dest.streams.person_keys import PersonKeys
from hubspot_dest.streams.source import Lag, Letter, Message, Partition, Source
from hubspot_dest.streams.trimming import warning_of

__all__ = ["Worker", "WorkerSettings"]

_MOST_STATE: Final = 4_000  # bytes; a broker accepts 4,096 as metadata of an offset
_FIGURES_SECONDS: Final = 2.0
_TROUBLE_SECONDS: Final = 0.5
_ENDING_SECONDS: Final = 0.05
_STUCK_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The settings of a worker.

    Attributes:
        most: the maximum number of messages per fetch.
        fetch_seconds: how long a fetch waits for the first message.
        pause_seconds: fetching pauses if a batch takes longer than this, which is then also the polling interval.
        drain_seconds: the time limit for finishing partitions that are revoked.
        stop_seconds: the time limit for finishing messages in hand after `stop`.
        denied: `park` writes events without consent to the waiting topic, `drop` only counts them.
        max_bytes: a longer message becomes a dead letter.
        max_deliveries: a message that was delivered more often, if the broker counts it, becomes a dead letter.
        stop_when_empty: whether to exit when nothing is left to fetch.
        maxlen: the length at which the producer trims streams, for the warning; None if unknown.

    """

    most: int = 1000
    fetch_seconds: float = 0.5
    pause_seconds: float = 1.0
    drain_seconds: float = 5.0
    stop_seconds: float = 7.0
    denied: Literal["park", "drop"] = "park"
    max_bytes: int = DEFAULT_MAX_BYTES
    max_deliveries: int = 20
    stop_when_empty: bool = False
    maxlen: int | None = None


@dataclass(slots=True, eq=False)
class _InHand:
    """A message that was fetched but not committed.

    Attributes:
        message: the message.
        state: the collector's state before the message.
        result: the result of the message, unless one of its intents is given up.
        first: the number of its first intent.
        last: the number of its last intent; less than `first` if there is none.
        letters: the letters to write before it is committed.
        again: whether its intents were abandoned and must be created again.

    """

    message: Message
    state: dict[str, Any]
    result: Result = "delivered"
    first: int = 1
    last: int = 0
    letters: list[Letter] = field(default_factory=list)
    again: bool = False


class Worker:
    """A member of a group. `run` and the callbacks of the source run in one thread; any thread may call `stop`.

    Args:
        source: the source of messages.
        destination: a destination created with `stream`.
        settings: the settings of the worker.
        say: prints a line for people.
        monotonic: a monotonic clock, in seconds.

    Attributes:
        counts: the counts of the worker.
        trouble: the current error of the broker; empty if there is none.

    """

    def __init__(
        self,
        source: Source,
        destination: HubSpotDestination,
        settings: WorkerSettings,
        *,
        say: Callable[[str], None] = lambda line: None,  # noqa: ARG005
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        sink = destination.stream_sink
        if sink is None:
            msg = "a worker needs a destination that was created with stream="
            raise ValueError(msg)
        self._source = source
        self._destination = destination
        self._sink: StreamSink = sink
        self._settings = settings
        self._say = say
        self._monotonic = monotonic
        self.counts = WorkerCounts()
        self.trouble = ""
        self.opened = False
        self._stop = threading.Event()
        self._stop_at = 0.0
        self._ticked = monotonic()
        self._in_hand: dict[Partition, list[_InHand]] = {}
        self._base = destination.state.snapshot()
        self._states: dict[Partition, dict[str, Any]] = {}
        self._loaded = self._base
        self._partitions: frozenset[Partition] = frozenset()
        self._keys = PersonKeys()
        self._lost: dict[str, int] = {}
        self._unread: dict[str, int] = {}
        self._printed: set[str] = set()
        self._troubles: set[str] = set()
        self._figures_at = 0.0

    # ---- for any thread

    def stop(self) -> None:
        """Stop fetching, finish the messages in hand, and hand over the partitions; safe in signal handlers."""
        self._stop_at = self._monotonic() + self._settings.stop_seconds
        self._stop.set()

    @property
    def alive(self) -> bool:
        """Whether the worker's thread makes progress."""
        return self._monotonic() - self._ticked < _STUCK_SECONDS

    @property
    def unready(self) -> str:
        """Why the worker cannot deliver; empty if it can, or is on standby."""
        if self._stop.is_set():
            return "it is shutting down"
        if not self.opened:
            return self.trouble or "it is not connected yet"
        halted = self._destination.halted
        return self.trouble or (halted.describe() if halted is not None else "")

    def status(self) -> dict[str, Any]:
        """Return the counts of the worker, with the messages in hand and its partitions."""
        counts = self.counts
        return {
            **counts.as_dict(),
            "inHand": counts.in_hand,
            "lag": counts.lag,
            "paused": counts.paused,
            "partitions": sorted(str(partition) for partition in self._partitions),
        }

    # ---- the loop

    def run(self) -> None:
        """Run until `stop`.

        Raises:
            StreamError: the broker fails in a way that waiting does not resolve.

        """
        try:
            self._open()
            while not self._stop.is_set():
                self._ticked = self._monotonic()
                if not self._round():
                    break
        finally:
            self._end()

    def _open(self) -> None:
        while not self._stop.is_set():
            self._ticked = self._monotonic()
            try:
                self._source.open(self)
            except StreamError as error:
                self._handle_error(error)
            else:
                self.opened = True
                self._recovered()
                return

    def _round(self) -> bool:
        """Fetch once and process the messages; return whether to continue."""
        try:
            batch = self._source.fetch(self._settings.most, self._settings.fetch_seconds)
        except StreamError as error:
            self._handle_error(error)
            return True
        self._recovered()
        if batch:
            self.counts.fetch(len(batch))
            self._accept(batch)
            self._deliver()
        elif self._settings.stop_when_empty and self._is_empty():
            return False
        self._update_figures()
        return True

    def _is_empty(self) -> bool:
        if not self._source.assigned:
            return False
        try:
            lag = self._source.lag()
        except StreamError as error:
            self._handle_error(error)
            return False
        return lag.messages == 0 and lag.exact

    def _handle_error(self, error: StreamError) -> None:
        """Report an error of the broker once and wait a moment; raise it if waiting does not help."""
        if not error.heals:
            raise error
        self.trouble = error.sentence
        line = f"warning: {error.sentence}; retrying" + (f" ({error.hint})" if error.hint else "")
        if line not in self._troubles:
            self._troubles.add(line)
            self._say(line)
        self._wait_a_moment()

    def _wait_a_moment(self) -> None:
        """Wait before something is tried again; shorter while the worker ends."""
        if self._stop.wait(_TROUBLE_SECONDS):
            time.sleep(_ENDING_SECONDS)

    def _recovered(self) -> None:
        if self.trouble:
            self._say("the broker answers again")
            self._troubles.clear()
            self.trouble = ""

    def _say_once(self, line: str) -> None:
        if line not in self._printed:
            self._printed.add(line)
            self._say(line)

    # ---- taking messages

    def _accept(self, batch: Iterable[Message]) -> None:
        for message in batch:
            partition = message.partition
            state = self._states.get(partition, self._base)
            in_hand = _InHand(message, state)
            self._in_hand.setdefault(partition, []).append(in_hand)
            self._take(in_hand)
        self._sink.dispatch()
        if warning := self._keys.warning():
            self._say_once(f"warning: {warning}")

    def _take(self, in_hand: _InHand) -> None:
        """Process a message up to its intents."""
        message = in_hand.message
        in_hand.again, in_hand.letters = False, []
        in_hand.first, in_hand.last = 1, 0
        if message.deliveries > self._settings.max_deliveries:
            sentence = f"it was delivered {message.deliveries} times, but no worker could process it"
            self._add_dead_letter(in_hand, "deliveries", sentence)
            return
        found = decoded(message, self._settings.max_bytes)
        if isinstance(found, BadMessage):
            self._add_dead_letter(in_hand, found.reason, found.sentence)
            return
        if in_hand.state is not self._loaded:
            self._destination.state.restore(in_hand.state)
            self._loaded = in_hand.state
        if isinstance(found, StreamCommand):
            in_hand.result = "commands"
            self._destination.push_command(found.name, found.data)
            self._loaded = self._states[message.partition] = self._destination.state.snapshot()
            return
        in_hand.first = self._sink.accepted + 1
        outcome = self._destination.push(found)
        in_hand.last = self._sink.accepted
        self._judge(in_hand, outcome)
        plan = outcome.plan
        person = "" if plan is None else plan.email or plan.object_id or ""
        if message.key is not None or not message.fields:
            self._keys.add(message.key, found.get("name"), person, message.partition.number)

    def _judge(self, in_hand: _InHand, outcome: Outcome) -> None:
        """Set the result of an event from the outcome of its push."""
        if outcome.kind == "failed":
            self._add_dead_letter(in_hand, outcome.reason, outcome.sentence)
        elif outcome.kind == "denied":
            if outcome.reason == "consent_refused":
                in_hand.result = "consent_refused"
            elif self._settings.denied == "park":
                in_hand.result = "waiting"
                in_hand.letters.append(Letter(in_hand.message, True, outcome.reason, outcome.sentence))
            else:
                in_hand.result = "dropped"
        elif outcome.kind in ("queued", "identified"):
            in_hand.result = "delivered"
        else:
            in_hand.result = "skipped"

    def _add_dead_letter(self, in_hand: _InHand, reason: str, sentence: str) -> None:
        in_hand.result = "dead"
        in_hand.letters.append(Letter(in_hand.message, False, reason, sentence, {"what": "event"}))

    # ---- delivering and committing

    def _deliver(self) -> None:
        """Wait until everything in hand is committed, given up or handed back; remain in the group meanwhile."""
        settings = self._settings
        try:
            while self._in_hand:
                self._ticked = self._monotonic()
                if self._sink.wait(settings.pause_seconds):
                    if not self._take_again() and not self._commit(list(self._in_hand)):
                        self._wait_a_moment()
                elif not self.counts.paused:
                    self._pause()
                if self._stop.is_set() and self._monotonic() >= self._stop_at:
                    return
                if self._in_hand:
                    self._keep_alive()
        finally:
            if self.counts.paused:
                self.counts.paused = False
                self._source.resume()

    def _pause(self) -> None:
        """Stop fetching until HubSpot has accepted the messages in hand."""
        self.counts.paused = True
        self.counts.pauses += 1
        self.counts.on_count("pauses", 1)
        self._source.pause()

    def _keep_alive(self) -> None:
        try:
            self._source.keep_alive()
        except StreamError as error:
            self._handle_error(error)
        else:
            self._recovered()
        self._update_figures()

    def _take_again(self) -> bool:
        """Create the intents of abandoned messages again; return whether there were any."""
        again = [in_hand for in_hand in chain.from_iterable(self._in_hand.values()) if in_hand.again]
        for in_hand in again:
            self._take(in_hand)
        self._sink.dispatch()
        return bool(again)

    def _is_done(self, in_hand: _InHand) -> bool:
        return not in_hand.again and self._sink.is_settled(in_hand.first, in_hand.last)

    def _commit(self, partitions: Sequence[Partition]) -> bool:
        """Write letters and commit, up to the first unfinished message; return whether everything is committed."""
        self._collect_given_up()
        done: list[_InHand] = []
        for partition in partitions:
            for in_hand in self._in_hand.get(partition, ()):
                if not self._is_done(in_hand):
                    break
                done.append(in_hand)
        if not done:
            return False
        try:
            letters = [letter for in_hand in done for letter in in_hand.letters]
            if letters:
                self._source.post(letters)
                for in_hand in done:
                    in_hand.letters = []
            self._source.commit([in_hand.message for in_hand in done], self._state_texts(partitions))
        except RebalancingError:
            return False
        except LeaseLostError:
            # HubSpot has them already; the partition's new owner delivers them again, which counts once.
            self.counts.settle("handed_back", len(done))
            self._remove(done)
            return not self._in_hand
        except StreamError as error:
            self._handle_error(error)
            return False
        for in_hand in done:
            self.counts.settle(in_hand.result)
        self._remove(done)
        if not self._in_hand:
            self._sink.confirm_contacts()
        return not self._in_hand

    def _remove(self, done: Sequence[_InHand]) -> None:
        gone = set(map(id, done))
        for partition in {in_hand.message.partition for in_hand in done}:
            left = [in_hand for in_hand in self._in_hand[partition] if id(in_hand) not in gone]
            if left:
                self._in_hand[partition] = left
            else:
                del self._in_hand[partition]

    def _collect_given_up(self) -> None:
        """Create letters for the intents given up since the last call."""
        for given in self._sink.take_given_up():
            seq = given.intent.seq
            for in_hand in chain.from_iterable(self._in_hand.values()):
                if in_hand.first <= seq <= in_hand.last:
                    in_hand.letters.append(letter_of_given_up(in_hand.message, given))
                    if given.intent.kind == EVENT or in_hand.first == in_hand.last:
                        in_hand.result = "dead"
                    else:
                        self.counts.contacts_refused += 1
                    break

    def _state_texts(self, partitions: Sequence[Partition]) -> dict[Partition, str]:
        """Return the collector's state of partitions that had commands, as text to commit."""
        texts: dict[Partition, str] = {}
        for partition in partitions:
            state = self._states.get(partition)
            if state is None:
                continue
            text = json.dumps(state, separators=(",", ":"), default=str)
            if len(text.encode()) <= _MOST_STATE:
                texts[partition] = text
            else:
                self._say_once(
                    f"warning: the state from commands in {partition} is longer than {_MOST_STATE} bytes, so it does "
                    "not survive a rebalance"
                )
        return texts

    # ---- assignment and revocation of partitions; called by the source

    def on_assigned(self, states: Mapping[Partition, str]) -> None:
        """Receive partitions, each with its committed state."""
        for partition, text in states.items():
            state = _state_of(text)
            if state is not None:
                self._states[partition] = state
        self._partitions |= set(states)
        self._rebalanced()
        self._share_limits()
        names = ", ".join(sorted(str(pair) for pair in states))
        self._say(f"assigned: {names}")

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        """Finish or give up partitions before another worker gets them."""
        held = [pair for pair in partitions if pair in self._in_hand]
        if held:
            until = self._monotonic() + self._settings.drain_seconds
            if self._stop.is_set():
                until = min(until, max(self._stop_at, self._monotonic()))
            while self._monotonic() < until and not all(
                self._is_done(in_hand) for partition in held for in_hand in self._in_hand.get(partition, ())
            ):
                self._sink.wait(0.05)
            try:
                self._commit(held)
            except StreamError as error:
                self._say(f"warning: {error.sentence}")
            self._hand_back(held)
        self._forget(partitions)
        self._say(f"handed over: {', '.join(sorted(str(pair) for pair in partitions))}")

    def on_lost(self, partitions: Sequence[Partition]) -> None:
        """Give up partitions that another worker has already."""
        count = sum(len(self._in_hand.get(partition, ())) for partition in partitions)
        self._hand_back([partition for partition in partitions if partition in self._in_hand])
        self._forget(partitions)
        line = f"lost to another worker: {', '.join(sorted(str(partition) for partition in partitions))}"
        if count:
            line += f"; {amount(count, 'message')} in hand will be delivered again by that worker, which counts once"
        self._say(line)

    def on_warning(self, sentence: str) -> None:
        """Report a warning about a partition."""
        self._say(f"warning: {sentence}")

    def _forget(self, partitions: Sequence[Partition]) -> None:
        self._partitions -= set(partitions)
        for partition in partitions:
            self._states.pop(partition, None)
        self._sink.forget_contacts()  # the next worker may change these contacts
        self._rebalanced()

    def _rebalanced(self) -> None:
        self.counts.rebalances += 1
        self.counts.on_count("rebalances", 1)
        self._figures_at = 0.0

    def _hand_back(self, partitions: Sequence[Partition]) -> None:
        """Give up the messages in hand of partitions; abandoned intents of other partitions are created again."""
        self._collect_given_up()
        dropped = [in_hand for partition in partitions for in_hand in self._in_hand.pop(partition, ())]
        if not dropped:
            return
        self.counts.settle("handed_back", len(dropped))
        if all(self._is_done(in_hand) for in_hand in dropped):
            return
        for in_hand in chain.from_iterable(self._in_hand.values()):
            in_hand.again = not self._is_done(in_hand)
        self._sink.abandon(min(1.0, self._settings.drain_seconds))

    # ---- figures

    def _update_figures(self) -> None:
        """Update lag, share and trimming periodically."""
        now = self._monotonic()
        if now < self._figures_at:
            return
        self._figures_at = now + _FIGURES_SECONDS
        counts = self.counts
        counts.partitions = self._source.assigned
        self._share_limits()
        try:
            lag = self._source.lag()
        except StreamError as error:
            self._say_once(f"warning: {error.sentence}")
            return
        counts.lag = lag.messages
        if lag.trims:
            limit = self._settings.maxlen
            counts.nearest = max(trim.unread / max(1, limit or trim.stored) for trim in lag.trims)
            for watch in lag.trims:
                growing = watch.unread >= self._unread.get(watch.stream, watch.unread + 1)
                self._unread[watch.stream] = watch.unread
                if (watch.trimmed or growing) and (warning := warning_of(watch, limit)):
                    self._say_once_of(watch.stream, f"warning: {warning}")
            if new := self._count_lost(lag):
                about = "" if counts.lost_exact else "at least "
                entries = f"{amount(new, 'entry')} {verb(new, 'were')}"
                self._say(
                    f"error: {about}{entries} trimmed or deleted before any worker had read {_them(new)}"
                )

    def _share_limits(self) -> None:
        """Leave the other workers their part of the account's contact limit."""
        share = self._source.share()
        if share > 0:
            self._sink.share_limits(min(1.0, share))

    def _count_lost(self, lag: Lag) -> int:
        """Count the entries that were trimmed unread; return how many of them are new."""
        for watch in lag.trims:
            self._lost[watch.stream] = watch.lost
        return self.counts.lose(sum(self._lost.values()), exact=all(trim.exact for trim in lag.trims))

    def _say_once_of(self, stream: str, line: str) -> None:
        """Print a warning about a stream only once, although its figures differ each time."""
        if f"trim {stream}" not in self._printed:
            self._printed.add(f"trim {stream}")
            self._say(line)

    # ---- the end

    def _end(self) -> None:
        """Commit finished messages, hand back all others, and leave the group."""
        if self._in_hand:
            try:
                self._commit(list(self._in_hand))
            except StreamError as error:
                self._say(f"warning: {error.sentence}")
            self._collect_given_up()
            for hand in list(self._in_hand.values()):
                self.counts.settle("handed_back", len(hand))
            self._in_hand = {}
        if self.opened:
            try:
                lag = self._source.lag()
                self.counts.lag = lag.messages
                self._count_lost(lag)
            except StreamError:
                pass
        try:
            self._source.close()
        except StreamError as error:
            self._say(f"warning: {error.sentence}")
        self._destination.close(deadline=0.0)


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _state_of(text: str) -> dict[str, Any] | None:
    """Parse a committed state; return None if there is none, or if another program wrote it."""
    try:
        state = json.loads(text) if text else None
    except ValueError:
        return None
    names = ("consent", "user", "globals", "custom")
    if not isinstance(state, dict) or any(not isinstance(state.get(name), dict) for name in names):
        return None
    return {name: state[name] for name in names}
