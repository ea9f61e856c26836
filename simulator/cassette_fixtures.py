"""Cassettes for the pytest plugin: a test's requests are recorded once and compared at every run."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from hubspot_dest import HubSpotDestination, Outcome
from hubspot_dest.delivery.client.client import HubSpotClient, Pool
from hubspot_dest.masking.secret import Secret
from simulator.cassettes.cassette import Cassette, CassetteError, Meta
from simulator.cassettes.pseudonymous_player import PlayOrRecordPool, PseudonymousPlayer, pseudonymise
from simulator.cassettes.recorder import TrafficRecorder
from simulator.cassettes.redaction.scrubber import ScrubError, leaks
from simulator.cassettes.replay import CLOSED, ReplayedRequest, compare_requests
from simulator.cassettes.session import CLOCK_MS, TOKEN, meta_of

__all__ = ["CassetteTest", "cassette_path"]


class Live(Protocol):
    """The simulated HubSpot that a recording is made from (`fake_hubspot`)."""

    token: str
    base_url: str


def cassette_path(item: pytest.Item, folder: str) -> Path:
    """Return the path of a test's cassette: `FOLDER/NAME.json` beside the test; the marker can set NAME."""
    mark = item.get_closest_marker("hubspot_cassette")
    name = str(mark.args[0]) if mark is not None and mark.args else item.name
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "cassette"
    return item.path.parent / folder / f"{safe}.json"


class _LearningDestination(HubSpotDestination):
    """A destination that reports each event to the player before it is sent."""

    def __init__(self, learn: Callable[[Any], None], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._learn = learn

    def push(self, event: Any) -> Outcome:
        """Push one event."""
        return self.push_many((event,))[0]

    def push_many(self, events: Iterable[Any], **options: Any) -> list[Outcome]:
        """Push several events and report each one right before it is sent."""
        return super().push_many(self._announced(events), **options)

    def _announced(self, events: Iterable[Any]) -> Iterator[Any]:
        for event in events:
            self._learn(event)
            yield event


class CassetteTest:
    """The cassette of one test: its recording, its replay and its comparison.

    Args:
        path: the cassette's path.
        mode: `none`: only what is in the cassette; `once`: record if there is no cassette; `new`: add
            the requests that are missing; `all`: record anew.
        live: returns the simulated HubSpot to record from; called only to record.
        config: the destination's configuration.
        about: a description for the cassette's metadata.

    """

    def __init__(
        self, path: Path, mode: str, live: Callable[[], Live], config: dict[str, Any], about: str
    ) -> None:
        self._path, self._config, self._about = path, config, about
        self._before = self._load() if mode != "all" else None
        if self._before is None and mode == "none":
            pytest.fail(f"there is no cassette {path}; record it with --hubspot-record=once", pytrace=False)
        self._recorder = TrafficRecorder()
        self._events: list[tuple[int, Any]] = []
        self._player: PseudonymousPlayer | None = None
        if self._before is not None:
            self._player = PseudonymousPlayer(self._before.interactions, self._before.meta.people)
        self._records = self._before is None or mode == "new"
        found = live() if self._records else None
        token, base_url = (found.token, found.base_url) if found is not None else (TOKEN, CLOSED)
        self.destination = self._destination(token, base_url)

    def _load(self) -> Cassette | None:
        if not self._path.exists():
            return None
        try:
            return Cassette.load(self._path)
        except CassetteError as error:
            pytest.fail(str(error), pytrace=False)

    def _destination(self, token: str, base_url: str) -> HubSpotDestination:
        settings = {**self._config.get("settings", {}), "accessToken": token}
        numbers = itertools.count(1)

        def client(secret: Secret) -> HubSpotClient:
            return HubSpotClient(secret, base_url=base_url, timeout_seconds=5.0, around=self._around)

        return _LearningDestination(
            self._learn,
            {**copy.deepcopy(self._config), "settings": settings},
            client_factory=client,
            now_ms=lambda: CLOCK_MS,
            new_id=lambda: f"{next(numbers):016x}",
        )

    def _learn(self, event: Any) -> None:
        self._events.append((len(self._recorder.interactions), copy.deepcopy(event)))
        if self._player is not None:
            self._player.learn(event)

    def _around(self, pool: Pool) -> Pool:
        if self._player is None:
            return self._recorder.around(pool)
        if self._records:
            return PlayOrRecordPool(self._player, self._recorder).around(pool)
        return self._player.around(pool)

    def close(self) -> None:
        """Close the destination, which sends incomplete batches."""
        self.destination.close()

    def judge(self) -> None:
        """Close the destination, save the recording, and fail the test if requests differ from the cassette."""
        self.close()
        if self._records:
            self._save()
        elif text := self.difference():
            pytest.fail(text, pytrace=False)

    def difference(self) -> str:
        """Describe the requests that are not in the cassette and those that were not sent; empty if there are none."""
        if self._records or self._player is None or self._before is None:
            return ""
        wrong = [
            current_request
            for current_request in compare_requests(self._before, self._player)
            if current_request.verdict != "same"
        ]
        lines = "".join(f"\n  {line}" for request in wrong for line in _lines(request))
        return (
            f"not what {self._path.name} has (if that is meant: --hubspot-record=all):{lines}"
            if lines
            else ""
        )

    def _save(self) -> None:
        before = self._before
        recorded = self._recorder.interactions
        if before is not None and not recorded:
            return
        try:
            made, people = pseudonymise(
                recorded, before.meta.people if before is not None else None, self._events
            )
        except ScrubError as error:
            pytest.fail(f"{self._path.name} was not saved: {error}", pytrace=False)
        meta = _meta(self._config, self._about)
        kept = before.interactions if before is not None else ()
        cassette = Cassette(meta.model_copy(update={"people": people}), (*kept, *made))
        if found := leaks(cassette.text()):
            pytest.fail(f"{self._path.name} was not saved: still in it: {found[0]}", pytrace=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        cassette.save(self._path)


def _meta(config: dict[str, Any], about: str) -> Meta:
    """Return the metadata of the test's recording."""
    meta = meta_of(_plain(config), [], about=about)
    return meta.model_copy(update={"switches": {"auto_define": True}})


def _plain(value: Any) -> Any:
    """Return a JSON-serializable copy of a value, with functions replaced by their names."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if callable(value):
        return f"<{getattr(value, '__qualname__', 'function')}>"
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _lines(request: ReplayedRequest) -> Iterator[str]:
    yield f"{request.verdict}: {request.method} {request.target}"
    for each in request.differences:
        yield f"  {each.path}: recorded {each.expected!r}, now {each.actual!r}"
