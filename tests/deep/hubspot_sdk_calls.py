"""Everything that `hubspot-sdk` offers of what the simulator plays; run by its own interpreter: BASE_URL TOKEN.

Prints one JSON object: the name of each call, and what it gave or the error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from hubspot_sdk import HubSpot  # type: ignore[import-not-found]

client = HubSpot(base_url=sys.argv[1], access_token=sys.argv[2], max_retries=0)
told: dict[str, Any] = {}


def note(name: str, call: Callable[[], Any]) -> Any:
    """Make a call and note what it gave."""
    try:
        found = call()
    except Exception as error:  # the test reads it
        told[name] = f"{type(error).__name__}: {error}"
        return None
    told[name] = json.loads(found.to_json()) if hasattr(found, "to_json") else None
    return found


contacts, properties = client.crm.objects.contacts, client.crm.properties
definitions, events = client.events.definitions, client.events
about = {"object_type": "contacts"}
plain = {"data_sensitivity": "non_sensitive"}

note("group.create", lambda: properties.groups.create(**about, name="shop", label="Shop", display_order=1))
note("group.list", lambda: properties.groups.list(**about))
note("group.get", lambda: properties.groups.get("shop", **about))
note("group.update", lambda: properties.groups.update("shop", **about, label="The shop"))
fields = {"label": "Plan", "type": "string", "field_type": "text", "group_name": "shop", **plain}
note("property.create", lambda: properties.create(**about, name="plan", **fields))
note("property.update", lambda: properties.update("plan", **about, label="The plan"))
note("property.get", lambda: properties.get("plan", **about))
note("property.list", lambda: properties.list(**about))
names = [{"name": "plan"}]
note("property.batch.get", lambda: properties.batch.get(**about, archived=False, inputs=names, **plain))
ada = {"email": "ada@example.org", "plan": "pro"}
note("contact.create", lambda: contacts.create(properties=ada, associations=[]))
note("contact.get", lambda: contacts.get("101", properties=["plan"]))
note("contact.update", lambda: contacts.update("101", properties={"firstname": "Ada"}))
note("contact.list", lambda: contacts.list(limit=1))
upserts = [{"id": "bob@example.org", "id_property": "email", "properties": {"firstname": "Bob"}}]
note("contact.batch.upsert", lambda: contacts.batch.upsert(inputs=upserts))
equal = {"propertyName": "plan", "operator": "EQ", "value": "pro"}
wanted = {"after": "0", "limit": 10, "properties": ["plan"], "sorts": ["createdate"]}
note("contact.search", lambda: contacts.search(filter_groups=[{"filters": [equal]}], **wanted))
total = {"name": "total", "label": "Total", "type": "number"}
order = {"name": "order", "label": "Order", "property_definitions": [total]}
note("definition.create", lambda: definitions.create(**order, include_default_properties=True))
note("definition.get", lambda: definitions.get("order"))
note("definition.list", lambda: definitions.list())
occurrence = {"event_name": "pe12345678_order", "email": "ada@example.org", "properties": {"total": "9.5"}}
note("events.send", lambda: events.send.send(**occurrence))
note("events.batch", lambda: events.send.batch_send(inputs=[occurrence, occurrence]))
about_ada = {"object_type": "contact", "object_property": {"email": "ada@example.org"}}
note("events.list", lambda: events.occurrences.list(**about_ada))
note("events.types", lambda: events.occurrences.list_event_types())
note("contact.gdpr_delete", lambda: contacts.gdpr_delete(object_id="101"))
note("property.delete", lambda: properties.delete("plan", **about))
note("group.delete", lambda: properties.groups.delete("shop", **about))
sys.stdout.write(json.dumps(told))
