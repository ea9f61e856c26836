"""Plan a sample of the newest messages of a stream: its rate, its keys, and messages that are not events."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.streams.decoding import BadMessage, StreamCommand, decoded
from hubspot_dest.streams.person_keys import PersonKeys
from hubspot_dest.streams.survey import Survey
from hubspot_dest.verdict.quota_forecast import Pace

__all__ = ["StreamSample", "plan_sample"]


@dataclass(frozen=True, slots=True)
class StreamSample:
    """The analysis of a sample of a stream.

    Attributes:
        pace: the rate of events, and the calls that they cause.
        keys: the messages' keys.
        bad: the messages that are not events.

    """

    pace: Pace
    keys: PersonKeys
    bad: tuple[BadMessage, ...]


def plan_sample(config: Config, survey: Survey, states: dict[str, bool]) -> StreamSample:
    """Plan the sample of a survey, without any network.

    Args:
        config: the destination's configuration.
        survey: the survey of the stream.
        states: the collector's consent.

    """
    keys = PersonKeys()
    bad: list[BadMessage] = []
    names: set[str] = set()
    people: set[tuple[str, str]] = set()
    occurrences = upserts = 0
    destination = HubSpotDestination(config, client=NullClient(), consent=states)
    for message in survey.sample:
        found = decoded(message)
        if isinstance(found, BadMessage):
            bad.append(found)
            continue
        if isinstance(found, StreamCommand):
            continue
        plan = destination.push(found).plan
        if plan is None:
            continue
        keys.add(message.key, found.get("name"), plan.email or plan.object_id or "", message.partition.number)
        if plan.occurrence is not None:
            occurrences += 1
            names.add(str(plan.occurrence.get("eventName", "")))
        contact = plan.contact
        if contact is not None and contact.properties is not None:
            known = (contact.email.lower(), repr(sorted(contact.properties.items())))
            upserts += known not in people
            people.add(known)
    count = max(1, len(survey.sample))
    pace = Pace(
        survey.lag,
        survey.per_second,
        occurrences / count,
        upserts / count,
        len(names),
        len(survey.sample),
        survey.seconds,
    )
    return StreamSample(pace, keys, tuple(bad))
