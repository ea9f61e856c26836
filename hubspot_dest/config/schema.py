"""Pydantic models of the configuration, with upstream's names."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
)

from hubspot_dest.config.connection import ApiVersion, Connection, Proxy

__all__ = ["RuleSchema", "RuleSettingsSchema", "Settings", "Wrapper"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=False)


def _not_null(value: Any) -> Any:
    if value is None:
        msg = "null is no value here; leave it out"
        raise ValueError(msg)
    return value


def _base_url(text: str) -> str:
    Connection(base_url=text).host  # noqa: B018 - raises
    return text


def _api_version(text: str) -> str:
    ApiVersion.parse(text)
    return text


def _proxy(text: str) -> str:
    Proxy.parse(text)
    return text


MappingValue = Annotated[Any, BeforeValidator(_not_null)]
Consent = dict[StrictStr, StrictBool]
Scalar = StrictStr | StrictBool | StrictInt | float


class Settings(_Model):
    """The settings of walkerOS' documentation, and ours."""

    accessToken: StrictStr | None = Field(default=None, repr=False)  # noqa: N815 - as upstream writes it
    """The private app's access token; HUBSPOT_ACCESS_TOKEN takes precedence."""
    eventNamePrefix: StrictStr | None = None  # noqa: N815 - as upstream writes it
    """Put before every event name: `pe12345678_`."""
    email: Any = None
    """Mapping value of the event's e-mail; `user.email` by default."""
    objectId: MappingValue = None  # noqa: N815 - as upstream writes it
    """Mapping value of the HubSpot record's id."""
    identify: MappingValue = None
    """Mapping value of the contact to upsert: `{email, properties}`."""
    defaultProperties: dict[StrictStr, Scalar] | None = None  # noqa: N815 - as upstream writes it
    """Properties of every occurrence; the occurrence's own take precedence."""
    batch: StrictBool | None = None
    """Collect occurrences and send them in batches."""
    batchSize: Annotated[StrictInt, Field(ge=1, le=500)] | None = None  # noqa: N815 - as upstream writes it
    """Batch size: 1 to 500, 50 by default."""
    # The next five are this project's; walkerOS ignores unknown settings (walkerOS 4.4, section 5.1).
    baseUrl: Annotated[StrictStr, AfterValidator(_base_url)] | None = None  # noqa: N815 - as the others are written
    """HubSpot's base URL; the real one by default."""
    apiVersion: Annotated[StrictStr, AfterValidator(_api_version)] | None = None  # noqa: N815 - likewise
    """HubSpot's API version: `v3` by default, or a dated one."""
    proxy: Annotated[StrictStr, AfterValidator(_proxy)] | None = Field(default=None, repr=False)
    """HTTP proxy: `http://[user:password@]host:port`."""
    caBundle: StrictStr | None = None  # noqa: N815 - likewise
    """A PEM file of CA certificates that replaces the system's."""
    codeOverruns: Annotated[StrictInt, Field(ge=0)] | None = None  # noqa: N815 - likewise
    """How many calls over the time limit switch a `$code:` function off: 3 by default, 0 for never."""


class RuleSettingsSchema(_Model):
    """The HubSpot settings of one rule."""

    eventName: StrictStr | None = None  # noqa: N815 - as upstream writes it
    """The event's name after the prefix, used verbatim."""
    identify: MappingValue = None
    """Replaces the destination's `identify`."""
    properties: MappingValue = None
    """Mapping value of the occurrence's properties."""


class RuleSchema(_Model):
    """The standard fields of a walkerOS rule."""

    batch: Any = None
    condition: Any = None
    consent: Consent | None = None
    custom: Any = None
    data: Any = None
    extend: Any = None
    ignore: StrictBool | None = None
    include: list[StrictStr] | None = None
    name: StrictStr | None = None
    policy: dict[StrictStr, Any] | None = None
    remove: list[StrictStr] | None = None
    settings: RuleSettingsSchema | None = None
    silent: StrictBool | None = None
    skip: StrictBool | None = None


class Wrapper(_Model):
    """The standard configuration around a destination's settings."""

    id: StrictStr | None = None
    settings: Settings | None = None
    mapping: dict[StrictStr, dict[StrictStr, Any]] | None = None
    consent: Consent | None = None
    policy: dict[StrictStr, Any] | None = None
    data: Any = None
    include: list[StrictStr] | None = None
    env: Any = None
    credentials: Any = None
    disabled: StrictBool | None = None
    mock: Any = None
    timeout: Annotated[StrictInt | float, Field(ge=0)] | None = None
    queue: StrictBool | None = None
    queueMax: Annotated[StrictInt, Field(ge=0)] | None = None  # noqa: N815 - as upstream writes it
    dlqMax: Annotated[StrictInt, Field(ge=0)] | None = None  # noqa: N815 - as upstream writes it
    init: StrictBool | None = None
    loadScript: Any = None  # noqa: N815 - as upstream writes it
    logger: Any = None
    setup: Any = None
    require: Any = None
    before: Any = None
    next: Any = None
    cache: Any = None
    state: Any = None
    batch: Any = None
    breaker: Any = None
