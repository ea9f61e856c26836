"""What `hubspot-dest doctor --source` says of a stream: its keys, its messages, and what its pace means for quotas."""

from __future__ import annotations

from collections.abc import Iterator

from hubspot_dest.cli.stream_address import address_of
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.doctor.probes import Probe
from hubspot_dest.streams.decoding import BadMessage, StreamCommand, decoded
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.forecast import Pace, forecast
from hubspot_dest.streams.person_keys import PersonKeys
from hubspot_dest.streams.survey import Survey, survey_of

__all__ = ["examine_stream"]


def examine_stream(
    config: Config, source: str, options: tuple[str, ...], states: dict[str, bool]
) -> Iterator[Probe]:
    """Yield what is found of a stream.

    Args:
        config: the destination's configuration.
        source: the stream's address.
        options: of the client library.
        states: the collector's consent.

    """
    address = address_of(source, options)
    try:
        survey = survey_of(address)
    except StreamError as error:
        yield Probe("stream", "wrong", error.sentence, error.hint)
        return
    where = f"{survey.partitions} {'partitions' if address.engine == 'kafka' else 'streams'}"
    sentence = f"{survey.stored:,} messages in {where}; {survey.lag:,} wait for the group {address.group}"
    yield Probe("stream", "ok", sentence)
    pace, keys, bad = _planned(config, survey, states)
    if bad:
        first = bad[0]
        count = f"{len(bad)} of {len(survey.sample)} messages are not events"
        yield Probe("stream", "wrong", f"{count}: {first.sentence}")
    if address.engine == "kafka" and survey.sample:
        warning = keys.warning()
        said = warning or "they keep the order of each person, as far as the sample shows"
        yield Probe("keys", "warning" if warning else "ok", said)
    for quota_forecast in forecast(pace):
        yield Probe(
            quota_forecast.subject, quota_forecast.verdict, quota_forecast.sentence, quota_forecast.hint
        )


def _planned(
    config: Config, survey: Survey, states: dict[str, bool]
) -> tuple[Pace, PersonKeys, list[BadMessage]]:
    """Plan the sample, without any network, and return what it means."""
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
        survey.lag, survey.per_second, occurrences / count, upserts / count, len(names), len(survey.sample)
    )
    return pace, keys, bad
