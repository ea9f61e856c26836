"""Plan events without delivering them: collector, consent and planner as in `push`, each event by itself."""

from __future__ import annotations

from typing import Any

from hubspot_dest.config.model import Config
from hubspot_dest.events.collector import Collector, InvalidEventError, sentence_of
from hubspot_dest.events.consent_queue import ConsentGate
from hubspot_dest.mapping.jsvalues import JsTypeError
from hubspot_dest.mapping.values import Callbacks
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import CollectorPlanner, Planner
from hubspot_dest.planning.profiles import DEFAULT, Profile

__all__ = ["DryRun"]


class DryRun:
    """Plans single events as a destination would that has just been started. For one thread.

    Args:
        config: what to map and how.
        profile: what to do where walkerOS and this sender differ.
        callbacks: runs the functions of the configuration.
        planner: the compiled configuration, if another one than the profile's is to plan.

    """

    def __init__(
        self,
        config: Config,
        *,
        profile: Profile = DEFAULT,
        callbacks: Callbacks | None = None,
        planner: Planner | None = None,
    ) -> None:
        self._config = config
        self._profile = profile
        self._planner = planner or Planner(config.raw, policy=profile.plan, callbacks=callbacks)

    def plan(self, raw: Any, now_ms: int, *, traced: bool = False) -> Plan:
        """Return what should happen to one event. Never raises for what the event holds.

        Args:
            raw: the event as it is pushed.
            now_ms: the time of the push, in ms since 1970.
            traced: also record where every value came from.

        Returns:
            the plan; `failed` with reason `invalid_event` or `push_error`, or `skipped` with reason `consent_missing`
            or `consent_refused`, if the event would not be planned.

        """
        config = self._config
        collector = Collector.begun(config.collector, now_ms=lambda: now_ms, new_id=lambda: "0" * 16)
        gate = ConsentGate(
            config.consent, collector.view, own_refusal_counts=self._profile.own_refusal_counts
        )
        planner = CollectorPlanner(self._planner, collector.view, lambda: now_ms)
        event = raw if isinstance(raw, dict) else {}
        try:
            event = collector.complete(raw)
            own = gate.own_consent(event)
            if not gate.admits(event, own):
                if gate.refusal(own) is not None:
                    return Plan(event, "skipped", "consent_refused", f"its own consent refuses {gate.names}")
                return Plan(event, "skipped", "consent_missing", f"waits for consent: {gate.names}")
            return planner.plan(event, traced=traced)
        except InvalidEventError as error:
            return Plan(event, "failed", "invalid_event", str(error))
        except (JsTypeError, RecursionError) as error:
            return Plan(event, "failed", "push_error", sentence_of(error))
