"""Count the events that gave no e-mail where the configuration looks for one, and say so where none of them did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.checks.names import nearest_name
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.planner import NO_CONTACT_EMAIL
from hubspot_dest.verdict.mapping_paths import ConfigPath, EventPath, path_text
from hubspot_dest.verdict.rule_views import ConfigView

__all__ = ["MissingEmails"]

_DEFAULT_EMAIL: Final = "user.email"  # where walkerOS looks for it without `settings.email`


class MissingEmails:
    """What the events of one run gave as e-mail, for the event itself and for the contact.

    Args:
        raw: the destination's configuration.

    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._known = self._unknown = 0
        self._given: dict[tuple[str, int | None], int] = {}
        self._missing: dict[tuple[str, int | None], int] = {}

    def add(self, outcome: Outcome) -> None:
        """Count the first outcome of an event."""
        plan = outcome.plan
        if plan is None or outcome.delivery or outcome.events:
            return
        if plan.reason == "no_identity":
            self._unknown += 1
            return
        self._known += bool(plan.email or plan.object_id)
        if plan.contact is not None:
            rule = (plan.rule_key, plan.rule_index)
            self._given[rule] = self._given.get(rule, 0) + 1
        elif plan.issues and any(issue.message == NO_CONTACT_EMAIL for issue in plan.issues):
            rule = (plan.rule_key, plan.rule_index)
            self._missing[rule] = self._missing.get(rule, 0) + 1

    def sentences(self) -> Iterator[str]:
        """Yield one sentence for each place that gave no e-mail in any event."""
        if not (self._unknown or self._missing):
            return
        view = ConfigView(self._raw)
        if self._unknown and not self._known:
            paths = [path.path for path in view.email_paths] or [_DEFAULT_EMAIL]
            paths += [path.path for path in view.object_id_paths]
            yield (
                f"none of {amount(self._unknown, 'event')} gave an e-mail or an objectId "
                f"({', '.join(dict.fromkeys(paths))}): none of them can be sent"
            )
        places: dict[ConfigPath, tuple[int, tuple[EventPath, ...]]] = {}
        for rule, count in self._missing.items():
            found = view.rule(*rule)
            before = places.get(found.identify_at, (0, ()))[0]
            places[found.identify_at] = (before + count, found.contact_email_paths)
        given = {view.rule(*rule).identify_at for rule in self._given}
        for at, (count, of_contact) in places.items():
            if at not in given:
                looked = ", ".join(dict.fromkeys(path.path for path in of_contact)) or self._unmapped(at)
                yield (
                    f"none of {amount(count, 'event')} gave {path_text(at)} an e-mail ({looked}): "
                    "it writes no contact"
                )

    def _unmapped(self, at: ConfigPath) -> str:
        """Say that `identify` at a path in the configuration maps no e-mail, and which key may be meant as such."""
        identify: Any = self._raw
        for step in at:
            identify = identify[step]
        names = identify.get("map") if isinstance(identify, Mapping) else None
        near = nearest_name("email", names) if isinstance(names, Mapping) else ""
        return f"no path: it maps {near}; did you mean email?" if near else "no path"
