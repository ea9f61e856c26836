"""A user's type checker sees the public API with its types: mypy checks this file in `make check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

from hubspot_dest import (
    AsyncHubSpotDestination,
    Config,
    DeliveryError,
    HubSpotDestination,
    OutboxSettings,
    Outcome,
    Plan,
)

CONFIG: dict[str, Any] = {"settings": {"accessToken": "pat-na1-x", "eventNamePrefix": "pe1_"}}


def test_pushing_returns_outcomes_with_known_types() -> None:
    with HubSpotDestination(CONFIG, client_factory=lambda token: None) as destination:  # type: ignore[arg-type,return-value]
        outcome = destination.push({"name": "page view"})
        assert_type(outcome, Outcome)
        assert_type(destination.push_many([]), list[Outcome])
        assert_type(outcome.also, tuple[Outcome, ...])
        assert_type(outcome.plan, Plan | None)
        assert_type(outcome.error, DeliveryError | None)
    assert outcome.kind == "skipped"


def test_what_a_destination_is_made_from_has_types() -> None:
    assert_type(Config.strict(CONFIG), Config)
    assert_type(OutboxSettings(Path("outbox.sqlite3")), OutboxSettings)


async def pushing_with_asyncio(destination: AsyncHubSpotDestination) -> None:
    assert_type(await destination.push({"name": "page view"}), Outcome)


def test_the_packages_say_that_they_are_typed() -> None:
    import hubspot_dest
    import simulator

    for package in (hubspot_dest, simulator):
        assert (Path(str(package.__file__)).parent / "py.typed").is_file()
