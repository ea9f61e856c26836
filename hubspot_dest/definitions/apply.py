"""Create the definitions and properties that a plan lists as missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedEvent
from hubspot_dest.definitions.requests import contact_property_body, definition_body, event_property_body
from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = ["DefinitionStep", "DefinitionWriter", "apply_plan"]

StepKind = Literal["created", "failed", "not_tried"]

_EVENT: Final = "event"
_EVENT_PROPERTY: Final = "event property"
_CONTACT: Final = "contact property"
_KINDS: Final = (_EVENT, _EVENT_PROPERTY, _CONTACT)
_ATTEMPTS: Final = 4
_WAIT_SECONDS: Final = (
    10.0  # the burst limit of contacts and definitions is per 10 seconds (wire facts, section 6)
)
_LONGEST_WAIT: Final = 60.0


class DefinitionWriter(Protocol):
    """A client that creates definitions and properties, such as `HubSpotClient`; calls may raise DeliveryError."""

    def create_definition(self, body: dict[str, Any]) -> Any:
        """Create an event definition."""

    def create_definition_property(self, event_name: str, body: dict[str, Any]) -> Any:
        """Add a property to an event definition."""

    def create_contact_property(self, body: dict[str, Any]) -> Any:
        """Create a contact property."""


@dataclass(frozen=True, slots=True)
class DefinitionStep:
    """The result of one step of applying a plan.

    Attributes:
        kind: `created`, `failed`, or `not_tried` after a failure that would repeat.
        what: `event`, `event property` or `contact property`.
        name: the name; for an event property with its event: `pe12345678_purchase.revenue`.
        error: the error of a failed step.

    """

    kind: StepKind
    what: str
    name: str
    error: DeliveryError | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the step as written by `--json`."""
        return {
            "step": self.kind,
            "what": self.what,
            "name": self.name,
            "error": None if self.error is None else self.error.as_dict(),
        }


def apply_plan(
    plan: DefinitionsPlan, client: DefinitionWriter, wait: Callable[[float], None]
) -> Iterator[DefinitionStep]:
    """Create what is missing, and yield each step when it is done; a failed step does not stop the others.

    Exceptions are failures that would repeat: without a connection, with a rejected token or in an outage, no further
    calls are made; after a missing scope, none of the same kind.

    Args:
        plan: a plan that was compared with the account of the client.
        client: creates the definitions and properties.
        wait: sleeps for a number of seconds when HubSpot limits the rate.

    """
    stopped: set[str] = set()
    for what, name, create in _calls(plan, client):
        if what in stopped:
            yield DefinitionStep("not_tried", what, name)
            continue
        error = _attempt(create, wait)
        yield DefinitionStep("created" if error is None else "failed", what, name, error)
        if error is not None:
            stopped |= _concerned(what, error)


def _concerned(what: str, error: DeliveryError) -> set[str]:
    """Return the kinds of steps that would fail for the same reason."""
    if error.status is None or error.status == 401 or error.kind in ("rate_limited", "unavailable"):
        return set(_KINDS)
    if error.status == 403:
        return {what} if what == _CONTACT else {_EVENT, _EVENT_PROPERTY}
    return set()


def _calls(plan: DefinitionsPlan, client: DefinitionWriter) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    for event in plan.events:
        if event.state == "missing":
            yield _EVENT, event.full_name, _creator(client, event)
        elif event.state == "present":
            for prop in event.properties:
                if prop.state == "missing":
                    name, body = event.full_name, event_property_body(prop)
                    yield (
                        _EVENT_PROPERTY,
                        f"{name}.{prop.name}",
                        lambda name=name, body=body: client.create_definition_property(name, body),  # type: ignore[misc]
                    )
    for prop in plan.contact_properties:
        if prop.state == "missing":
            body = contact_property_body(prop)
            yield _CONTACT, prop.name, lambda body=body: client.create_contact_property(body)  # type: ignore[misc]


def _creator(client: DefinitionWriter, event: PlannedEvent) -> Callable[[], Any]:
    return lambda: client.create_definition(definition_body(event))


def _attempt(create: Callable[[], Any], wait: Callable[[float], None]) -> DeliveryError | None:
    """Return the error of a call, None on success; retry after a rate limit or an outage."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            create()
        except DeliveryError as error:
            pause = error.retry_after or _WAIT_SECONDS * attempt
            again = error.kind in ("rate_limited", "unavailable") and error.policy_name != "DAILY"
            if not again or attempt == _ATTEMPTS or pause > _LONGEST_WAIT:
                return error
            wait(pause)
        else:
            return None
    return None
