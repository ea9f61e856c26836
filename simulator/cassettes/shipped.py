"""Record the cassettes that ship with the project: `python -m simulator.cassettes.shipped FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.cassettes.cassette import Cassette, Meanwhile
from simulator.cassettes.redaction.scrubber import scrubbed
from simulator.cassettes.session import RecordingSetup, record
from simulator.examples.documented import documented_examples

__all__ = ["Recipe", "recipes"]

_PREFIX = "pe12345678_"
_VIEW = {"name": f"{_PREFIX}page_view", "properties": ["title"]}
_ADA = {"email": "ada@example.org"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """The inputs of one shipped cassette."""

    name: str
    about: str
    config: dict[str, Any]
    events: list[dict[str, Any]]
    setup: RecordingSetup = field(default_factory=RecordingSetup)

    def made(self) -> Cassette:
        """Record the cassette and scrub it."""
        return scrubbed(record(self.config, self.events, self.setup, about=self.about))


def recipes() -> Iterator[Recipe]:
    """Yield the recipe of every shipped cassette."""
    for example in documented_examples():
        about = f"The documented example: {example.name}"
        setup = RecordingSetup(example.account)
        yield Recipe(
            f"documented-{example.key}", about, example.config("pat-na1-cassette"), [example.event], setup
        )
    yield from _batches()
    yield from _contacts()
    yield from _trouble()


def _config(**settings: Any) -> dict[str, Any]:
    page = {"settings": {"properties": {"map": {"title": "data.title"}}}}
    return {"settings": {"eventNamePrefix": _PREFIX, **settings}, "mapping": {"page": {"view": page}}}


def _identify(name: str, path: str) -> dict[str, Any]:
    return {"identify": {"map": {"email": "user.email", "properties": {"map": {name: path}}}}}


def _event(number: int = 1, **user: Any) -> dict[str, Any]:
    return {
        "name": "page view",
        "id": f"{number:016x}",
        "data": {"title": f"Page {number}"},
        "user": {**_ADA, **user},
        "timestamp": 1_767_225_600_000 + number,
    }


def _batches() -> Iterator[Recipe]:
    known = RecordingSetup({"definitions": [_VIEW], "contacts": [_ADA]})
    batch = _config(batch=True, batchSize=500)
    events = [_event(number) for number in range(1, 502)]
    yield Recipe("batch-500", "500 events are one request", batch, events[:500], known)
    yield Recipe("batch-501", "501 events are a full batch and one more", batch, events, known)


def _contacts() -> Iterator[Recipe]:
    config = _config(**_identify("firstname", "user.first"))
    defined = RecordingSetup({"definitions": [_VIEW]})
    events = [_event(1, first="Ada"), _event(2, first="Ada"), _event(3, first="Augusta")]
    about = "A contact that HubSpot does not know: update 404, create, and no further call until something changes"
    yield Recipe("unknown-contact", about, config, events, defined)
    stage = _config(**_identify("lifecyclestage", "user.stage"))
    about = "A life-cycle stage only moves forward: the second update answers 200 and changes nothing"
    known = RecordingSetup({"definitions": [_VIEW], "contacts": [_ADA]})
    yield Recipe(
        "stage-backwards", about, stage, [_event(1, stage="customer"), _event(2, stage="lead")], known
    )
    odd = _config(**_identify("no_such_property", "user.first"))
    about = "A contact property that HubSpot does not have: 400, and the event goes on"
    yield Recipe("property-refused", about, odd, [_event(1, first="Ada")], known)
    about = "Somebody else creates the contact between update (404) and create (409): it is updated by id"
    race = RecordingSetup(
        {"definitions": [_VIEW]}, meanwhile=Meanwhile(after=1, account={"contacts": [_ADA]})
    )
    yield Recipe("create-race", about, config, [_event(1, first="Ada")], race)


def _trouble() -> Iterator[Recipe]:
    known = {"definitions": [_VIEW], "contacts": [_ADA]}
    about = "Stored but unanswered: the batch is sent again with the same uuids, and counts once"
    batch = _config(batch=True, batchSize=3)
    lost = RecordingSetup(known, {}, ("lost:count=1",))
    yield Recipe("stored-unanswered", about, batch, [_event(number) for number in (1, 2, 3)], lost)
    yield Recipe(
        "undefined-event", "An event that is not defined: 400", _config(), [_event()], RecordingSetup()
    )
    events = [_event(number) for number in (1, 2, 3)]
    about = "The token is revoked with the second event"
    yield Recipe("token-revoked", about, _config(), events, RecordingSetup(known, {}, ("401:nth=2",)))
    for name, fault, about in (
        (
            "rate-limited",
            "429:count=1,retry-after=0",
            "A limit is reached: the same event is sent again, and arrives",
        ),
        (
            "server-error",
            "500:count=1",
            "HubSpot fails once: the same event is sent again with its uuid, and arrives",
        ),
    ):
        yield Recipe(name, about, _config(), events, RecordingSetup(known, {}, (fault,), outbox=True))


def main(folder: Path) -> None:
    """Record every shipped cassette into a folder."""
    for recipe in recipes():
        recipe.made().save(folder / f"{recipe.name}.json")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "cassettes"))
