"""The properties that every account and every event definition has (HubSpot wire facts, sections 2.5 and 3.2)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.state.property_values import Option, Property
from simulator.hubspot.state.standard_contact_properties import (
    DEFAULT_CONTACT_PROPERTIES,
    LIFECYCLE_STAGES,
)

__all__ = ["DEFAULT_CONTACT_PROPERTIES", "DEFAULT_EVENT_PROPERTIES", "LIFECYCLE_STAGES"]


def _options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, value, order) for order, value in enumerate(values))


_EVENT_TEXTS: Final = """
    hs_asset_description hs_asset_type hs_browser hs_campaign_id hs_city hs_country hs_device_name
    hs_element_class hs_element_id hs_element_text hs_link_href hs_operating_system hs_operating_version
    hs_page_id hs_page_title hs_page_url hs_parent_module_id hs_referrer hs_region hs_touchpoint_source
    hs_tracking_name hs_user_agent hs_utm_campaign hs_utm_content hs_utm_medium hs_utm_source hs_utm_term
"""
_EVENT_OTHERS: Final = (
    # `hs_language` is an enumeration whose options are not recorded: any value fits.
    ("hs_language", "enumeration", ()),
    ("hs_screen_height", "number", ()),
    ("hs_screen_width", "number", ()),
    (
        "hs_device_type",
        "enumeration",
        _options(
            "Game Console",
            "PDA",
            "Personal Computer",
            "Desktop",
            "Smartphone",
            "Smart TV",
            "Tablet",
            "Wearable Computer",
            "Unknown",
        ),
    ),
    (
        "hs_page_content_type",
        "enumeration",
        _options(
            "BLOG_POST",
            "KNOWLEDGE_ARTICLE",
            "LANDING_PAGE",
            "LISTING_PAGE",
            "STANDARD_PAGE",
            "WEB_INTERACTIVE",
        ),
    ),
)


def _event(name: str, kind: str = "string", options: tuple[Option, ...] = ()) -> Property:
    return Property(name, type=kind, options=options, group="event_properties", hubspot_defined=True)


DEFAULT_EVENT_PROPERTIES: Final = {
    one.name: one
    for one in [_event(name) for name in _EVENT_TEXTS.split()]
    + [_event(name, kind, options) for name, kind, options in _EVENT_OTHERS]
}
