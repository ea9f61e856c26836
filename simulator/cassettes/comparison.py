"""Send a cassette's requests to the simulated HubSpot and compare its responses with the recorded ones.

With a recording of the real HubSpot this measures the simulator's fidelity. The shipped cassettes were recorded from
the simulator, so for them it only detects changes of the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import urllib3

from hubspot_dest.diff.json_difference import Difference, differences
from simulator.cassettes.cassette import UNANSWERED, Cassette, CassetteError, Interaction, decoded
from simulator.cassettes.session import TOKEN, RecordingSetup, running_hubspot

__all__ = ["ComparedAnswer", "age_in_days", "compare"]

_HEADERS: Final = ("content-type", "retry-after")  # the headers that a sender acts on
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=30.0)


@dataclass(frozen=True, slots=True)
class ComparedAnswer:
    """The comparison of one response with the recorded one.

    Attributes:
        position: the request's index in the cassette, from 0.
        differences: in status, error category, shape of the body and relevant headers; `expected` is recorded.

    """

    position: int
    method: str
    target: str
    differences: tuple[Difference, ...]


def compare(cassette: Cassette) -> list[ComparedAnswer]:
    """Send every request in order to a simulated account with the recorded initial state.

    Raises:
        ValueError: the cassette's account, switches or faults are invalid.

    """
    meta = cassette.meta
    with (
        running_hubspot(meta.config, RecordingSetup.of(meta)) as (hubspot, notify),
        urllib3.PoolManager() as pool,
    ):
        return list(_answers(cassette, pool, hubspot.base_url, notify))


def age_in_days(cassette: Cassette, today: date | None = None) -> int:
    """Return the age of a cassette in days, by UTC dates.

    Raises:
        CassetteError: the cassette's recording date is missing or invalid.

    """
    try:
        recorded = date.fromisoformat(cassette.meta.recorded[:10])
    except ValueError:
        value = repr(cassette.meta.recorded)
        raise CassetteError(f"recorded is {value}, which is not a date such as 2026-01-31") from None
    return ((today or datetime.now(UTC).date()) - recorded).days


def _answers(
    cassette: Cassette, pool: urllib3.PoolManager, base_url: str, notify: Callable[[int], None]
) -> Iterator[ComparedAnswer]:
    for position, interaction in enumerate(cassette.interactions):
        body_differences = differences(_essence(interaction), _essence(_ask(interaction, pool, base_url)))
        notify(position + 1)
        yield ComparedAnswer(position, interaction.method, interaction.target, tuple(body_differences))


def _ask(interaction: Interaction, pool: urllib3.PoolManager, base_url: str) -> Interaction:
    sent = {**interaction.request_headers, "authorization": f"Bearer {TOKEN}"}
    for name in ("host", "content-length", "content-encoding", "accept-encoding", "connection"):
        sent.pop(name, None)  # these headers describe the recorded connection
    body = interaction.body.encode() if interaction.body else None
    try:
        answer = pool.request(
            interaction.method,
            base_url + interaction.target,
            body=body,
            headers=sent,
            retries=False,
            redirect=False,
            timeout=_TIMEOUT,
        )
    except urllib3.exceptions.HTTPError:
        return Interaction(interaction.method, interaction.target, interaction.body, UNANSWERED, "")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    text = answer.data.decode("utf-8", "backslashreplace")
    return Interaction(
        interaction.method, interaction.target, interaction.body, answer.status, text, {}, headers
    )


def _essence(interaction: Interaction) -> dict[str, Any]:
    """Reduce a response to what must agree: values such as ids and times may differ, their types may not."""
    body = decoded(interaction.answer)
    made: dict[str, Any] = {"status": interaction.status, "shape": _shape(body)}
    if isinstance(body, dict) and "category" in body:
        made["category"] = body["category"]
    made.update({name: interaction.headers[name] for name in _HEADERS if name in interaction.headers})
    return made


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return "true or false" if isinstance(value, bool) else "null"
    return "number" if isinstance(value, (int, float)) else "text"
