"""The routes of property groups."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.contact_properties.routes import PROPERTIES, READ_SCOPE, TAG, WRITE_SCOPE
from simulator.hubspot.endpoints.property_groups import handler, requests
from simulator.hubspot.endpoints.property_groups.answers import SHAPES
from simulator.hubspot.endpoints.route import BAD_REQUEST, CONFLICT, NOT_FOUND, Route, versioned
from simulator.hubspot.endpoints.shapes import FLAG

__all__ = ["ROUTES", "SHAPES"]

ROUTES: Final = (
    Route(
        "GET",
        versioned(PROPERTIES, "/groups"),
        handler.list_all,
        tag=TAG,
        summary="List property groups",
        answers={200: "PropertyGroupList"},
        scope=READ_SCOPE,
        query={"archived": FLAG},
    ),
    Route(
        "POST",
        versioned(PROPERTIES, "/groups"),
        handler.create,
        tag=TAG,
        summary="Create a property group",
        answers={201: "PropertyGroup", **BAD_REQUEST, **CONFLICT},
        scope=WRITE_SCOPE,
        request=requests.NewPropertyGroup,
    ),
    Route(
        "GET",
        versioned(PROPERTIES, "/groups/{groupName}"),
        handler.get,
        tag=TAG,
        summary="Read a property group",
        answers={200: "PropertyGroup", **NOT_FOUND},
        scope=READ_SCOPE,
    ),
    Route(
        "PATCH",
        versioned(PROPERTIES, "/groups/{groupName}"),
        handler.update,
        tag=TAG,
        summary="Update a property group",
        answers={200: "PropertyGroup", **BAD_REQUEST, **NOT_FOUND},
        scope=WRITE_SCOPE,
        request=requests.PropertyGroupUpdate,
    ),
    Route(
        "DELETE",
        versioned(PROPERTIES, "/groups/{groupName}"),
        handler.archive,
        tag=TAG,
        summary="Archive a property group",
        answers={204: "", **BAD_REQUEST, **NOT_FOUND},
        scope=WRITE_SCOPE,
    ),
)
