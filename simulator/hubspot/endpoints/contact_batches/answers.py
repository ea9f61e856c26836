"""The answers of the contact batches: results and errors (HubSpot wire facts, sections 3.2 to 3.4)."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.amounts import amount
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contact_batches.requests import ContactInput
from simulator.hubspot.endpoints.errors import Refusal, answer_json
from simulator.hubspot.endpoints.shapes import (
    ANYTHING,
    TEXT,
    TIME,
    WHOLE,
    Schema,
    array_of,
    object_of,
    reference_to,
)
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.timestamps import iso

__all__ = [
    "NOT_FOUND",
    "SHAPES",
    "batch_answer",
    "batch_error",
    "empty_answer",
    "input_error",
    "with_trace_id",
]

NOT_FOUND: Final = (
    "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
)

SHAPES: Final[dict[str, Schema]] = {
    "ContactBatchError": object_of(
        {"status": {"const": "error"}, "category": TEXT, "message": TEXT, "context": ANYTHING}
    ),
    "ContactBatchResult": object_of(
        {"status": {"const": "COMPLETE"}, "results": array_of(reference_to("Contact"))},
        {
            "startedAt": TIME,
            "completedAt": TIME,
            "numErrors": WHOLE,
            "errors": array_of(reference_to("ContactBatchError")),
        },
    ),
}


def batch_answer(
    call: Call, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int, rule: str
) -> Answer:
    """Return the results with `status`, or results and errors with 207."""
    when = iso(call.now)
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": when, "completedAt": when}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
        decision = f"207: {len(results)} done, {errors[0]['message']}"
        return answer_json(207, body, decision, f"{rule}.partial")
    return answer_json(status, body, f"{status}: {amount(len(results), 'contact')}", rule)


def empty_answer() -> Answer:
    """Return the 200 for a body without `inputs`, for which HubSpot does nothing (captured, section 3.3)."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": [], "errors": []}
    return answer_json(200, body, "200: no `inputs`, so nothing was done", "contact.batch.envelope")


def batch_error(category: str, message: str, context: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of `errors`."""
    return {"status": "error", "category": category, "message": message, "context": context}


def input_error(refusal: Refusal, contact_input: ContactInput) -> dict[str, Any]:
    """Return the entry of `errors` for a refused input."""
    context: dict[str, Any] = {"objectWriteTraceId": [contact_input.objectWriteTraceId]}
    if refusal.rule == "contact.conflict":
        context["existingId"] = [refusal.message.rpartition(" ")[2]]
    return batch_error(refusal.category or "VALIDATION_ERROR", refusal.message, context)


def with_trace_id(shown: dict[str, Any], contact_input: ContactInput) -> dict[str, Any]:
    """Add the input's trace id, if it has one, to a result."""
    return (
        shown
        if contact_input.objectWriteTraceId is None
        else {**shown, "objectWriteTraceId": contact_input.objectWriteTraceId}
    )
