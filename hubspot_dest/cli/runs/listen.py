"""Run `hubspot-dest listen`."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hubspot_dest.aio import AsyncHubSpotDestination
from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.counters import EventBalance
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.instrumentation import Instrumentation, origin, watching
from hubspot_dest.cli.log_handler import complain
from hubspot_dest.cli.options import (
    ConnectionOptions,
    DeliveryOptions,
    WatchingOptions,
    connected,
    consent_states,
    is_real,
    open_config,
)
from hubspot_dest.cli.stream_address import address_of
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.outbox.queue import Leftovers, leftovers_of
from hubspot_dest.delivery.outbox.schema import OutboxError
from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reader import beside
from hubspot_dest.listen.address_rate import AddressRate
from hubspot_dest.listen.app import CollectorEndpoint, ListenSettings
from hubspot_dest.listen.authentication import BearerSecret, NoSignature, RequestSignature
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text

__all__ = ["announce", "listen", "say_first_signal"]

_SHORTEST_SECRET = 16


def listen(
    config: Path,
    host: str,
    port: int,
    paths: tuple[str, ...],
    origins: tuple[str, ...],
    secret_env: str | None,
    hmac_env: str | None,
    rate_per_address: float | None,
    max_connections: int,
    max_batch: int,
    max_body: int,
    limit: int,
    outbox: Path | None,
    sink: str | None,
    sink_key: str | None,
    sink_options: tuple[str, ...],
    no_outbox: bool,
    grace: float,
    consent: tuple[str, ...],
    yes: bool,
    as_line: bool,
    delivery: DeliveryOptions,
    reach: ConnectionOptions,
    watched: WatchingOptions,
) -> None:
    """Run `listen`; the options are those of `cli/commands/listen.py`."""
    complain()
    if outbox is not None and no_outbox:
        stop("--outbox and --no-outbox exclude each other")
    if sink is not None and (outbox is not None or no_outbox):
        stop("--sink excludes --outbox and --no-outbox: the stream keeps the events", "leave one out")
    if sink is None and (sink_key is not None or sink_options):
        stop("--sink-key and --source-option require --sink")
    if importlib.util.find_spec("uvicorn") is None:
        stop("listen needs an HTTP server, which is not installed", "pip install 'hubspot-dest[listen]'")
    loaded = connected(open_config(config), reach)
    if sink is None and is_real(loaded) and not yes:
        stop(
            "this would send to the real HubSpot",
            "add --yes, or use --base-url for a HubSpot on this machine",
        )
    path = None if no_outbox else outbox or beside(str(config), ".outbox.sqlite3", "listen")
    settings = ListenSettings(
        tuple(_slashed(path) for path in paths),
        origins,
        max_body,
        max_batch,
        secret=None if secret_env is None else BearerSecret(_from_environment("--secret-env", secret_env)),
        signatures=NoSignature()
        if hmac_env is None
        else RequestSignature(_from_environment("--hmac-env", hmac_env)),
        rate=None if rate_per_address is None else AddressRate(rate_per_address),
    )
    if sink is not None:
        from hubspot_dest.cli.runs.listen_sink import listen_to_stream

        address = address_of(sink, sink_options, needs_group=False)
        with _bind(host, port) as listener, watching(watched, loaded) as watch:
            code = listen_to_stream(
                listener,
                loaded,
                address,
                settings,
                watch,
                key=sink_key,
                limit=limit,
                consent=consent_states(consent, loaded.raw),
                grace=grace,
                max_connections=max_connections,
                as_line=as_line,
            )
        raise SystemExit(int(code))
    # Bind the port first: a process that cannot listen does not need an outbox.
    with _bind(host, port) as listener, watching(watched, loaded) as watch:
        left = Leftovers() if path is None else leftovers_of(path)
        run = _ListenRun(left, settings, limit, grace, max_connections, watch, as_line=as_line)
        states = consent_states(consent, loaded.raw)
        destination = _destination(watch, loaded, delivery.outbox(path), states, run.on_outcome)
        code = run.serve(destination, listener, lambda: run.announce(listener, loaded))
    raise SystemExit(int(code))


def _from_environment(option: str, name: str) -> str:
    """Return a secret without a final line break, which mounted secrets have; exit with code 2 if it is empty."""
    secret = os.environ.get(name, "").strip()
    if not secret:
        stop(
            f"{option}: the environment variable {safe_text(name)} is not set, or is empty",
            f"export {name}=…",
        )
    if len(secret) < _SHORTEST_SECRET:
        say(
            f"warning: the secret in {safe_text(name)} has fewer than {_SHORTEST_SECRET} characters and can be guessed"
        )
    return secret


def _slashed(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _bind(host: str, port: int) -> socket.socket:
    from hubspot_dest.listen.sockets import bind

    try:
        return bind(host, port)
    except OSError as error:
        stop(f"cannot listen on {safe_text(host)} port {port}: {error.strerror or error}", "--port 0")


def _destination(
    watch: Instrumentation,
    config: Config,
    outbox: OutboxSettings | None,
    states: dict[str, bool],
    on_outcome: Callable[[Outcome], None],
) -> HubSpotDestination:
    try:
        destination = watch.watcher.destination(config, consent=states, outbox=outbox, listeners=[on_outcome])
        destination.check_address()
    except OutboxError as error:
        stop(safe_text(error), "use another --outbox FILE")
    except ValueError as error:
        stop(safe_text(error))
    watch.attach(destination)
    return destination


def announce(
    listener: socket.socket, settings: ListenSettings, watch: Instrumentation, target: str, *, as_line: bool
) -> None:
    """Report the address, also as a line of JSON if requested, and where events are sent."""
    base = origin(*listener.getsockname()[:2])
    if as_line:
        where = {"baseUrl": base, "paths": list(settings.paths), "metrics": watch.metrics_url}
        print_data(as_json({name: value for name, value in where.items() if value}))
        sys.stdout.flush()
    places = ", ".join(safe_text(f"{base}{path}") for path in settings.paths)
    say(f"listening on {places}; {target}")


def say_first_signal(number: int) -> None:
    """Report what the first signal has begun."""
    say(
        f"{signal.Signals(number).name}: completing the requests in progress; a second signal ends immediately"
    )


class _CountedFront:
    """Counts the events received over HTTP, and forwards them.

    Args:
        front: accepts the events.
        balance: counts the events.

    """

    def __init__(self, front: AsyncHubSpotDestination, balance: EventBalance) -> None:
        self._front = front
        self._balance = balance

    @property
    def pending(self) -> int:
        """The number of events that were submitted and are not accepted yet."""
        return self._front.pending

    @property
    def limit(self) -> int:
        """The maximum number of such events; beyond it, senders get 503."""
        return self._front.limit

    async def push_many(self, events: Iterable[Any], /) -> list[Outcome]:
        """Accept events in order; return one outcome per event."""
        several = list(events)
        self._balance.came_in += len(several)
        return await self._front.push_many(several, keep_events=False)


class _ListenRun:
    """A run of the endpoint, from the first request to the closing lines.

    Its `on_outcome` is a listener of the destination.

    Args:
        leftovers: what the outbox contained before it was opened.
        settings: what the endpoint accepts.
        limit: the maximum number of events waiting in memory.
        grace: the time limit for requests in progress at the end, in seconds.
        max_connections: the maximum number of open connections.
        watch: metrics and trail.
        as_line: whether to write the address and the closing balance to standard output as JSON.

    """

    _destination: HubSpotDestination

    def __init__(
        self,
        leftovers: Leftovers,
        settings: ListenSettings,
        limit: int,
        grace: float,
        max_connections: int,
        watch: Instrumentation,
        *,
        as_line: bool,
    ) -> None:
        self._settings = settings
        self._limit = limit
        self._grace = grace
        self._max_connections = max_connections
        self._outbox_trouble = ""
        self._watch = watch
        self._as_line = as_line
        self._durable = False
        self._telling = threading.Lock()  # outcomes come from accepting and from delivering threads
        self._balance = EventBalance(
            pending=leftovers.events, contact_only=leftovers.contact_only, waiting=leftovers.waiting
        )

    def announce(self, listener: socket.socket, config: Config) -> None:
        """Report the address, and where events are sent."""
        target = f"events go to {safe_text(config.connection.host)}"
        announce(listener, self._settings, self._watch, target, as_line=self._as_line)
        if not self._durable:
            say("warning: no outbox: batches wait in memory, and a crash loses them")

    def serve(
        self, destination: HubSpotDestination, listener: socket.socket, announce: Callable[[], None]
    ) -> ExitCode:
        """Serve until a signal, deliver remaining events while there is time, and report those that are left."""
        from hubspot_dest.listen.server import serve

        self._destination = destination
        self._durable = destination.outbox is not None
        front = AsyncHubSpotDestination(destination, limit=self._limit)
        if self._destination.waiting:
            self._destination.release_waiting()  # they may have waited for this run's consent
        collector = CollectorEndpoint(
            _CountedFront(front, self._balance),
            self._settings,
            answered=self._watch.watcher.answered,
            trouble=self._trouble,
            probe=self._probe if self._durable else None,
        )

        async def finish() -> None:
            self._outbox_trouble = self._trouble()
            await front.close(keep_outcomes=False, **({"deadline": self._grace} if self._durable else {}))

        serve(
            collector,
            listener,
            max_connections=self._max_connections,
            grace_seconds=self._grace,
            on_ready=announce,
            on_signal=self._on_signal,
            finish=finish,
        )
        return self._end()

    def _trouble(self) -> str:
        outbox = self._destination.outbox
        return "" if outbox is None else outbox.trouble()

    @property
    def _rescued(self) -> Path | None:
        outbox = self._destination.outbox
        return None if outbox is None else outbox.rescued

    def _probe(self) -> str:
        outbox = self._destination.outbox
        try:
            if outbox is not None:
                outbox.probe()
        except OutboxError as error:
            return str(error)
        return ""

    def _on_signal(self, number: int, count: int) -> None:
        if count == 1:
            say_first_signal(number)
        else:
            self._destination.abort()

    def on_outcome(self, outcome: Outcome) -> None:
        """Count an outcome; called by the thread that produced it."""
        with self._telling:
            self._balance.count(outcome)

    def _end(self) -> ExitCode:
        with self._telling:
            return self._say_end()

    def _say_end(self) -> ExitCode:
        """Write two lines: the balance of all events, and what is left."""
        destination, balance = self._destination, self._balance
        waiting, left = destination.waiting, max(0, balance.pending)
        contacts = balance.pending_contacts(destination.queued) if self._durable else 0
        also = f" with {amount(contacts, 'contact')}" if contacts else ""
        if self._as_line:
            record = {"summary": True, "balance": balance.record(waiting=waiting, bad_lines=0)}
            print_data(as_json({**record, "unsent": left, "contacts": {"waiting": contacts}}))
        say(balance.sentence(waiting))
        accepted = balance.came_in - balance.failed - balance.kinds(waiting)["under way"]
        said = (
            f"{amount(max(0, accepted), 'event')} {verb(accepted, 'were')} accepted, {balance.failed} failed"
        )
        gone = self._outbox_trouble or self._trouble()
        if waiting:
            where = (
                "safe in the outbox"
                if self._durable
                else f"and {verb(waiting, 'are')} lost with this process"
            )
            if gone:
                where = (
                    f"and {verb(waiting, 'are')} lost with it"
                    if self._rescued is None
                    else "safe in the copy"
                )
            said += f"; {waiting} {verb(waiting, 'wait')} for consent, {where}"
        if gone and (left or contacts or waiting):
            copy = self._rescued
            lost = f"{verb(left, 'are')} lost with this process"
            if copy is not None:
                lost = f"{verb(left, 'are')} safe in a copy: deliver them with --outbox {safe_text(copy)}"
            say(f"{said}; {left}{also} {verb(left, 'were')} not delivered and {lost}: {safe_text(gone)}")
            return ExitCode.CHECK_FAILED
        if not (left or contacts):
            say(f"{said}; nothing is left to deliver")
            return ExitCode.OK
        if self._durable:
            go = verb(left, "go")
            say(
                f"{said}; {left} {verb(left, 'are')} safe in the outbox{also}, and {go} out at the next start"
            )
            return ExitCode.OK
        were, are = verb(left, "were"), verb(left, "are")
        say(f"{said}; {left} {were} not accepted by HubSpot and {are} lost with this process")
        return ExitCode.CHECK_FAILED
