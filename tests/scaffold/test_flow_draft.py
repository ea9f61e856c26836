"""A drafted flow can be loaded, is free of lint, and makes names that HubSpot takes, whatever the events look like."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.checks.names import check_event_name, check_property_name
from hubspot_dest.config.loading import parse_document
from hubspot_dest.config.model import Config
from hubspot_dest.lint.linter import lint_text
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.scaffold.event_survey import EventSurvey
from hubspot_dest.scaffold.flow_draft import DraftExample, draft_lines, flow_draft


@pytest.mark.parametrize(
    "odd",
    [
        {"name": "Ünicode Äction!", "data": {"Größe": 1, "a b": 2, "": 3, "ok": "x"}, "user": {"email": "a@b.org"}},
        {"name": "a b", "data": {"long": "x" * 2000, "nul": None, "list": [1], "map": {"x": 1}}},
        {"name": "yes no", "data": {"on": True, "null": 1, "hs_page_url": "x", "id": 5}},
        {"name": "a b", "data": None, "user": 5, "globals": "x", "consent": "marketing", "nested": 7},
        {"name": "x " + "y" * 200, "data": {"z" * 90: 1}, "consent": {"a:b #c": True}},
        {"name": "* *", "data": {"x": 1}},
        {"name": "\u202e \u0007", "data": {"x\n# y": 1}},
    ],
)  # fmt: skip
def test_odd_events_still_give_a_flow_that_loads(odd: dict[str, Any]) -> None:
    survey = EventSurvey()
    events = [odd, {**odd, "name": "other one"}, {**odd, "name": "Other One"}]
    for event in events:
        survey.add(event)
    draft = flow_draft(survey, 4242)
    config = Config.strict(draft.config)
    text = (
        "\n".join(draft_lines(draft, "events\n.jsonl", [DraftExample("a", odd, (["x.y", {"z": 1}],))])) + "\n"
    )
    entry = parse_document("flow.yaml", text).value["flows"]["site"]["destinations"]["hubspot"]
    written = entry["config"]
    written["settings"].pop("accessToken")
    assert written == {**config.raw, "mapping": written["mapping"]}
    assert (written["mapping"] or {}) == draft.config["mapping"]
    assert entry["examples"] == {"a": {"in": odd, "out": [["x.y", {"z": 1}]]}}
    codes = [located.finding.code for located in lint_text("flow.yaml", text).located]
    assert [code for code in codes if code != "example_invalid"] == []
    run = DryRun(config)
    names = set()
    for event in events:
        plan = run.plan({**event, "user": {"email": "ada@example.org"}, "consent": {draft.consent: True}}, 1)
        if plan.occurrence is not None and plan.rule_key:
            assert check_event_name(plan.occurrence["eventName"]) is None
            assert all(check_property_name(name) is None for name in plan.occurrence["properties"])
            names.add(plan.occurrence["eventName"])
    assert len(names) == len(
        {rule.kind.name for rule in draft.rules} & {str(event["name"]) for event in events}
    )


def test_the_comments_of_a_draft_count_in_good_english() -> None:
    survey = EventSurvey()
    nested = [{"entity": "product", "data": {"id": "a"}}]
    for name, extra in (("order complete", {"nested": nested}), ("page view", {}), ("page view", {})):
        survey.add({"name": name, "data": {"id": "x"}, "user": {"email": "a@example.org"}, **extra})
    text = "\n".join(draft_lines(flow_draft(survey, 4242), "events.jsonl", []))
    assert "# 1 event\n" in text
    assert "# 2 events\n" in text
    assert "# 1 event has nested entities" in text
