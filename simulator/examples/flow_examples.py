"""Read the step examples of a user's flow, in the shape of the documented examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hubspot_dest.config.loading import load_examples
from hubspot_dest.config.model import Config, SourceMap
from hubspot_dest.flow.step_examples import StepExample, example_config
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.verdict.judge import Judge
from simulator.examples.documented import Example, Expectation
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.portal import portal_of

__all__ = ["FlowExample", "flow_examples", "hubspot_for"]

# The simulated account must know the contacts that an example updates.
_UPDATE = "crm.contacts.basicApi.update"


class FlowExample(Example, frozen=True, kw_only=True):
    """A step example of a flow.

    Attributes:
        base: the destination's configuration, without token.
        state: the collector's state in the flow.
        given_command: the collector command whose data `event` is, or empty.
        expects: the example has an `out` to compare with, or problems to report.
        invalid: why the example cannot be checked.
        step: the example as the flow has it.
        source: the place of the destination's configuration in its file.

    """

    base: dict[str, Any]
    step: StepExample
    state: dict[str, Any]
    given_command: str = ""
    expects: bool = True
    invalid: tuple[str, ...] = ()
    source: SourceMap | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the example cannot be checked, one sentence each."""
        return self.invalid

    @property
    def collector(self) -> dict[str, Any]:
        """The collector's initial state."""
        return self.state

    @property
    def command(self) -> str:
        """The collector command whose data the event is, or empty."""
        return self.given_command

    def judge(self) -> Judge:
        """Return the judge of the example's event."""
        changed = self.rule is not None or bool(self.settings)  # then line numbers do not match the file
        return Judge(self.config(""), source=None if changed else self.source)

    def config(self, token: str) -> dict[str, Any]:
        """Return the flow's configuration with the example's overrides and this token."""
        config = example_config(self.base, self.step)
        settings = {**config.get("settings", {}), "accessToken": token}
        for key in ("baseUrl", "proxy", "caBundle"):  # the example is sent to the simulated HubSpot
            settings.pop(key, None)
        return {**config, "settings": settings}


def flow_examples(path: Path) -> list[FlowExample]:
    """Return the step examples of a flow or a destination's entry, including those without `out`.

    Raises:
        ConfigFileError: the file cannot be used.

    """
    config, steps = load_examples(path)
    return [_of(step, config) for step in steps]


def _of(step: StepExample, config: Config) -> FlowExample:
    calls = step.calls or []
    known = [
        {"email": call[1]}
        for call in calls
        if len(call) > 2 and call[0] == _UPDATE and isinstance(call[1], str) and call[-1] == "email"
    ]
    return FlowExample(
        name=step.title,
        key=step.name,
        shows=step.description,
        event=step.given if isinstance(step.given, dict) else {},
        settings=step.settings,
        account={"contacts": known},
        expect=Expectation(outcome="", calls=calls, warnings=[]),
        rule=None if step.rule is UNDEFINED else step.rule,
        base=config.raw,
        step=step,
        state=config.collector,
        given_command=step.command,
        expects=step.calls is not None or bool(step.problems),
        invalid=step.problems,
        source=config.source,
    )


def hubspot_for(examples: list[FlowExample]) -> FakeHubSpot:
    """Return a simulated HubSpot, not started, of the examples' portal that defines every name on first use."""
    portal = portal_of(examples[0].base if examples else {})
    return FakeHubSpot(HubSpot(portal_id=portal, switches=Behaviours(auto_define=True)))
