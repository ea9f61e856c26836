"""The properties that every account and every event definition has (HubSpot wire facts, sections 2.5 and 3.2)."""

from __future__ import annotations

from typing import Final

from .property_values import Option, Property

__all__ = ["DEFAULT_CONTACT_PROPERTIES", "DEFAULT_EVENT_PROPERTIES", "LIFECYCLE_STAGES"]


def _options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, value, order) for order, value in enumerate(values))


LIFECYCLE_STAGES: Final = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)

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
_CONTACT_TEXTS: Final = """
    address annualrevenue city company country date_of_birth degree fax field_of_study firstname gender
    hs_additional_emails hs_language industry job_function jobtitle lastname message mobilephone
    numemployees phone salutation school seniority start_date state twitterhandle website work_email zip
"""
_CONTACT_READ_ONLY: Final = (
    ("createdate", "datetime"),
    ("lastmodifieddate", "datetime"),
    ("hs_object_id", "number"),
    ("hs_email_domain", "string"),
    ("hs_is_contact", "bool"),
    ("hs_object_source", "string"),
    ("hs_object_source_id", "string"),
    ("hs_object_source_label", "string"),
    ("hs_all_contact_vids", "string"),
)


def _event(name: str, kind: str = "string", options: tuple[Option, ...] = ()) -> Property:
    return Property(name, type=kind, options=options, group="event_properties", hubspot_defined=True)


def _contact(name: str, kind: str = "string", *, read_only: bool = False, unique: bool = False) -> Property:
    return Property(name, type=kind, hubspot_defined=True, read_only=read_only, unique=unique)


DEFAULT_EVENT_PROPERTIES: Final = {
    one.name: one
    for one in [_event(name) for name in _EVENT_TEXTS.split()]
    + [_event(name, kind, options) for name, kind, options in _EVENT_OTHERS]
}
DEFAULT_CONTACT_PROPERTIES: Final = {
    one.name: one
    for one in [
        *(_contact(name) for name in _CONTACT_TEXTS.split()),
        *(_contact(name, kind, read_only=True) for name, kind in _CONTACT_READ_ONLY),
        _contact("email", unique=True),
        Property(
            "lifecyclestage",
            type="enumeration",
            options=_options(*LIFECYCLE_STAGES),
            hubspot_defined=True,
        ),
        Property(
            "hs_lead_status",
            type="enumeration",
            options=_options(
                "NEW",
                "OPEN",
                "IN_PROGRESS",
                "OPEN_DEAL",
                "UNQUALIFIED",
                "ATTEMPTED_TO_CONTACT",
                "CONNECTED",
                "BAD_TIMING",
            ),
            hubspot_defined=True,
        ),
    ]
}
