"""What `hubspot-dest doctor --source` says of a stream: its keys, its messages, and what its pace means for quotas."""

from __future__ import annotations

from collections.abc import Iterator

from hubspot_dest.cli.stream_address import address_of
from hubspot_dest.cli.stream_sample import plan_sample
from hubspot_dest.config.model import Config
from hubspot_dest.doctor.probes import Probe
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.survey import survey_of
from hubspot_dest.verdict.quota_forecast import forecast, forecast_catching_up

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
    sample = plan_sample(config, survey, states)
    bad = sample.bad
    if bad:
        first = bad[0]
        count = f"{len(bad)} of {len(survey.sample)} messages are not events"
        yield Probe("stream", "wrong", f"{count}: {first.sentence}")
    if address.engine == "kafka" and survey.sample:
        warning = sample.keys.warning()
        said = warning or "they keep the order of each person, as far as the sample shows"
        yield Probe("keys", "warning" if warning else "ok", said)
    for quota_forecast in (*forecast_catching_up(sample.pace), *forecast(sample.pace)):
        yield Probe(
            quota_forecast.subject, quota_forecast.verdict, quota_forecast.sentence, quota_forecast.hint
        )
