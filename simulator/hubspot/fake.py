"""`FakeHubSpot`: a simulated HubSpot on this machine, as a context manager.

>>> with FakeHubSpot() as hubspot:  # doctest: +SKIP
...     client = HubSpot(access_token=hubspot.token, host=hubspot.base_url)
"""

from __future__ import annotations

import itertools
import secrets
import time
import uuid
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from hubspot_dest.listen.sockets import bind
from simulator.hubspot.control.clock import SkippableClock
from simulator.hubspot.control.service import Service
from simulator.hubspot.faults.fault_board import Fault, FaultBoard
from simulator.hubspot.faults.syntax import parse_fault
from simulator.hubspot.http.app import Application, HostGuard
from simulator.hubspot.http.wire import Receive, Scope, Send
from simulator.hubspot.journal.journal import Journal

from .service import DEFAULT_TOKEN, HubSpot

if TYPE_CHECKING:
    from simulator.hubspot.http.server import EventLoop, ServerThread

__all__ = ["FakeHubSpot"]


class FakeHubSpot:
    """Run one fake HubSpot in a daemon thread, on loopback, on a free port.

    One process can run several. A forked child has no server, so start it after forking.

    Args:
        service: HubSpot's rules; the caller closes it. `token` must be one of its tokens. The default is an empty
            account of portal 12345678, in memory.
        token: the default account's token.
        faults: initial faults, as `Fault` or as text (`"429:every=3"`).
        clock: returns UNIX time in seconds; `hubspot.clock.skip(3600)` advances it by an hour. Pass the same
            `SkippableClock` to the service, so that both advance.
        host: address to listen on.
        port: TCP port to listen on; 0 picks a free one.
        allowed_hosts: host names to accept in `Host` besides loopback and `host`.
        tls: paths of a certificate and its key, both PEM.
        control_token: token of the control routes; generated if empty.
        journal: records requests and answers; a new one by default.
        event_loop: `uvloop` answers faster; `asyncio` starts faster, which pays off for a few requests.

    Raises:
        OSError: the port is in use (raised by `start`).

    """

    def __init__(
        self,
        service: Service | None = None,
        *,
        token: str = DEFAULT_TOKEN,
        faults: Iterable[Fault | str] = (),
        clock: SkippableClock | Callable[[], float] = time.time,
        host: str = "127.0.0.1",
        port: int = 0,
        allowed_hosts: Iterable[str] = (),
        tls: tuple[str, str] | None = None,
        control_token: str = "",
        journal: Journal | None = None,
        event_loop: EventLoop = "uvloop",
    ) -> None:
        self._event_loop = event_loop
        self.clock = clock if isinstance(clock, SkippableClock) else SkippableClock(clock)
        self.service: Any = HubSpot(token=token, clock=self.clock) if service is None else service
        self.token = token
        self.control_token = control_token or secrets.token_urlsafe(24)
        self.faults = FaultBoard()
        self.journal = Journal() if journal is None else journal  # an empty journal is falsy
        self.journal.masker.learn(token, self.control_token)
        self.base_url = ""
        self._initial_faults = [fault if isinstance(fault, Fault) else parse_fault(fault) for fault in faults]
        self._address = (host, port)
        self._guard = HostGuard(frozenset(name.lower() for name in allowed_hosts))
        self._tls = tls
        self._server: ServerThread | None = None
        portals = self.service.portals() if isinstance(self.service, HubSpot) else []
        self._portals = itertools.count(max([90_000_000, *portals]) + 1)
        self._control: Callable[..., Any] | None = None

    def __repr__(self) -> str:
        """Return the address, never a token."""
        return f"FakeHubSpot({self.base_url or 'not started'})"

    @property
    def account(self) -> Any:
        """The account of the default token."""
        return self.service.account_for(self.token)

    def start(self) -> Self:
        """Start the server; return once it accepts connections.

        Raises:
            OSError: the port is in use, or a certificate cannot be read.
            RuntimeError: the server is already running.

        """
        if self._server is not None:
            raise RuntimeError("this FakeHubSpot runs already")
        from simulator.hubspot.http.server import (  # imports uvicorn
            ServerThread,
            tls_context,
        )

        context = tls_context(*self._tls, self._tls_fails) if self._tls else None
        listener = bind(*self._address)
        host, port = self._address[0], listener.getsockname()[1]
        url_host = f"[{host}]" if ":" in host else {"0.0.0.0": "127.0.0.1"}.get(host, host)  # noqa: S104 -- only compared
        self.base_url = f"{'https' if context else 'http'}://{url_host}:{port}"
        self.faults.add(*self._initial_faults, now=self.clock())
        guard = HostGuard(self._guard.allowed | {url_host.lower()})
        app = Application(
            self.service, self._to_control, self.journal, self.faults, clock=self.clock, guard=guard
        )
        self._server = ServerThread(app, listener, context, event_loop=self._event_loop)
        self._server.start()
        return self

    def stop(self) -> None:
        """Close all connections and stop the server; do nothing if it is not running."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def new_account(self, **options: Any) -> str:
        """Add an account for a parallel test, isolated from all others, and return its token.

        Args:
            options: those of `HubSpot.add_account`: `portal_id`, `scopes`, `switches`.

        """
        token = f"pat-na1-{uuid.uuid4()}"
        options.setdefault("portal_id", next(self._portals))
        self.service.add_account(token, **options)
        self.journal.masker.learn(token)
        return token

    def reset(self) -> None:
        """Empty the default account, the journal and the faults."""
        self.service.reset(self.account)
        self.journal.clear()
        self.faults.clear()

    def _tls_fails(self) -> bool:
        return self.faults.choose_tls(self.clock()) is not None

    async def _to_control(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._control is None:
            from simulator.hubspot.control.app import (
                control_app,  # Starlette takes 0.1 s to import; most tests never use it
            )
            from simulator.hubspot.control.context import ControlContext

            self._control = control_app(
                ControlContext(
                    service=self.service,
                    journal=self.journal,
                    faults=self.faults,
                    clock=self.clock,
                    base_url=self.base_url,
                    token=self.control_token,
                    default_token=self.token,
                    new_account=self.new_account,
                )
            )
        await self._control(scope, receive, send)
