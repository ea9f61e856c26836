"""How the events of one engine are judged: by the account that its HubSpot has, and by that HubSpot's switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountSchema
from hubspot_dest.config.model import Config
from hubspot_dest.verdict.judge import Judge

__all__ = ["Judging"]


@dataclass(frozen=True, slots=True)
class Judging:
    """Makes the judge of each configuration.

    Attributes:
        schema: what the account has; None where names are defined when they first appear.
        switches: the simulated HubSpot's switches that are set, by name.

    """

    schema: AccountSchema | None
    switches: Mapping[str, str]

    def of(self, config: Config) -> Judge:
        """Return a judge for the events of one configuration."""
        known = UNKNOWN_ACCOUNT if self.schema is None else self.schema
        return Judge(config.raw, source=config.source, account=known, behaviours=self.switches)
