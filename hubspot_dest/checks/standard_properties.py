"""The standard properties of contacts and custom events (HubSpot wire facts, sections 2.5, 3.2 and 3.7).

The names of contact properties come from lists that others published of their accounts. Types and labels come from
captured property lists where available; for all other properties, the type and whether they are read-only are inferred
from the name. An enumeration without options accepts any value: its options were not recorded, or differ by account.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from hubspot_dest.checks.properties import Option, Property

__all__ = ["LIFECYCLE_STAGES", "STANDARD_CONTACT_PROPERTIES", "STANDARD_EVENT_PROPERTIES", "goes_backward"]

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
_STAGE_LABELS: Final = (
    "Subscriber",
    "Lead",
    "Marketing Qualified Lead",
    "Sales Qualified Lead",
    "Opportunity",
    "Customer",
    "Evangelist",
    "Other",
)
_LEAD_STATUSES: Final = {
    "NEW": "New",
    "OPEN": "Open",
    "IN_PROGRESS": "In Progress",
    "OPEN_DEAL": "Open Deal",
    "UNQUALIFIED": "Unqualified",
    "ATTEMPTED_TO_CONTACT": "Attempted to Contact",
    "CONNECTED": "Connected",
    "BAD_TIMING": "Bad Timing",
}
_LABELS: Final = {
    "address": "Street Address",
    "annualrevenue": "Annual Revenue",
    "associatedcompanyid": "Associated Company ID",
    "city": "City",
    "closedate": "Close Date",
    "company": "Company Name",
    "country": "Country/Region",
    "createdate": "Create Date",
    "days_to_close": "Days To Close",
    "email": "Email",
    "fax": "Fax Number",
    "firstname": "First Name",
    "hs_email_optout": "Unsubscribed from all email",
    "hs_lead_status": "Lead Status",
    "hubspot_owner_assigneddate": "Owner Assigned Date",
    "hubspot_owner_id": "Contact owner",
    "industry": "Industry",
    "jobtitle": "Job Title",
    "lastmodifieddate": "Last Modified Date",
    "lastname": "Last Name",
    "lifecyclestage": "Lifecycle Stage",
    "message": "Message",
    "mobilephone": "Mobile Phone Number",
    "notes_last_contacted": "Last Contacted",
    "notes_last_updated": "Last Activity Date",
    "num_associated_deals": "Associated Deals",
    "num_notes": "Number of Sales Activities",
    "numemployees": "Number of Employees",
    "phone": "Phone Number",
    "salutation": "Salutation",
    "state": "State/Region",
    "website": "Website URL",
    "zip": "Postal Code",
}
_FIELD_TYPES: Final = {
    "message": "textarea",
    "hs_lead_status": "radio",
    "lifecyclestage": "radio",
    "phone": "phonenumber",
    "mobilephone": "phonenumber",
}

# Writable properties, by type.
_WRITABLE: Final = {
    "string": """
        address annualrevenue city company company_size country date_of_birth degree fax field_of_study firstname
        gender graduation_date hs_additional_emails hs_content_membership_notes hs_facebook_click_id
        hs_google_click_id hs_linkedin_url hs_pipeline hs_whatsapp_phone_number industry job_function jobtitle
        lastname marital_status message military_status mobilephone phone preferred_channels relationship_status
        salutation school seniority start_date state twitterhandle website work_email zip
    """,
    "enumeration": """
        favorite_content_topics hs_buying_role hs_country_region_code hs_language hs_legal_basis hs_persona hs_role
        hs_seniority hs_state_code hs_sub_role hs_timezone hubspot_owner_id numemployees
    """,
    "datetime": "closedate",
    "number": "associatedcompanyid",
}
# Read-only properties, by type.
_READ_ONLY: Final = {
    "string": """
        first_conversion_event_name hs_all_contact_vids hs_analytics_first_referrer hs_analytics_first_url
        hs_analytics_last_referrer hs_analytics_last_url hs_calculated_mobile_number hs_calculated_phone_number
        hs_calculated_phone_number_area_code hs_calculated_phone_number_country_code
        hs_calculated_phone_number_region_code hs_email_domain hs_email_last_email_name hs_full_name_or_email
        hs_latest_source_data_1 hs_latest_source_data_2 hs_merged_object_ids hs_object_source hs_object_source_detail_1
        hs_object_source_detail_2 hs_object_source_detail_3 hs_object_source_id hs_object_source_label
        hs_searchable_calculated_mobile_number hs_searchable_calculated_phone_number ip_city ip_country
        ip_country_code ip_latlon ip_state ip_state_code ip_zipcode recent_conversion_event_name
    """,
    "number": """
        days_to_close hs_analytics_average_page_views hs_analytics_num_event_completions hs_analytics_num_page_views
        hs_analytics_num_visits hs_analytics_revenue hs_created_by_user_id hs_email_bounce hs_email_click
        hs_email_delivered hs_email_open hs_email_replied hs_email_sends_since_last_engagement hs_object_id
        hs_object_source_user_id hs_sequences_actively_enrolled_count hs_sequences_enrolled_count
        hs_updated_by_user_id hubspotscore num_associated_deals num_contacted_notes num_conversion_events num_notes
        num_unique_conversion_events recent_deal_amount total_revenue
    """,
    "bool": """
        currentlyinworkflow hs_email_bad_address hs_email_optout hs_email_quarantined hs_is_contact hs_is_unworked
        hs_marketable_status hs_marketable_until_renewal hs_sequences_is_enrolled hs_was_imported
    """,
    "datetime": """
        createdate first_conversion_date first_deal_created_date hs_analytics_first_timestamp
        hs_analytics_first_visit_timestamp hs_analytics_last_timestamp hs_analytics_last_visit_timestamp hs_createdate
        hs_email_first_click_date hs_email_first_open_date hs_email_first_send_date hs_email_last_click_date
        hs_email_last_open_date hs_email_last_send_date hs_last_sales_activity_timestamp hs_lastmodifieddate
        hs_latest_source_timestamp hs_sales_email_last_clicked hs_sales_email_last_opened hs_sales_email_last_replied
        hubspot_owner_assigneddate lastmodifieddate notes_last_contacted notes_last_updated notes_next_activity_date
        recent_conversion_date recent_deal_close_date
    """,
    "enumeration": "hs_latest_source hubspot_team_id",
}


def _property(name: str, kind: str, options: tuple[Option, ...] = (), *, read_only: bool = False) -> Property:
    return Property(
        name,
        kind,
        _FIELD_TYPES.get(name, ""),
        options,
        read_only=read_only,
        unique=name == "email",
        label=_LABELS.get(name, name.removeprefix("hs_").replace("_", " ").capitalize()),
    )


def _labelled(values: dict[str, str]) -> tuple[Option, ...]:
    return tuple(Option(value, label, order) for order, (value, label) in enumerate(values.items()))


def _contact_properties() -> dict[str, Property]:
    stages = dict(zip(LIFECYCLE_STAGES, _STAGE_LABELS, strict=True))
    properties = [
        _property("email", "string"),
        _property("lifecyclestage", "enumeration", _labelled(stages)),
        _property("hs_lead_status", "enumeration", _labelled(_LEAD_STATUSES)),
        *(_property(name, kind) for kind, names in _WRITABLE.items() for name in names.split()),
        *(
            _property(name, kind, read_only=True)
            for kind, names in _READ_ONLY.items()
            for name in names.split()
        ),
        *(
            _property(f"hs_lifecyclestage_{stage}_date", "datetime", read_only=True)
            for stage in LIFECYCLE_STAGES
        ),
    ]
    return {prop.name: prop for prop in sorted(properties, key=lambda prop: prop.name)}


_EVENT_TEXTS: Final = """
    hs_asset_description hs_asset_type hs_browser hs_campaign_id hs_city hs_country hs_device_name
    hs_element_class hs_element_id hs_element_text hs_link_href hs_operating_system hs_operating_version
    hs_page_id hs_page_title hs_page_url hs_parent_module_id hs_referrer hs_region hs_touchpoint_source
    hs_tracking_name hs_user_agent hs_utm_campaign hs_utm_content hs_utm_medium hs_utm_source hs_utm_term
"""
_DEVICE_TYPES: Final = (
    "Game Console",
    "PDA",
    "Personal Computer",
    "Desktop",
    "Smartphone",
    "Smart TV",
    "Tablet",
    "Wearable Computer",
    "Unknown",
)
_PAGE_TYPES: Final = (
    "BLOG_POST",
    "KNOWLEDGE_ARTICLE",
    "LANDING_PAGE",
    "LISTING_PAGE",
    "STANDARD_PAGE",
    "WEB_INTERACTIVE",
)


def _event_properties() -> dict[str, Property]:
    properties = [Property(name) for name in _EVENT_TEXTS.split()]
    properties += [
        # The options of `hs_language` were not recorded, so any value is accepted.
        Property("hs_language", "enumeration"),
        Property("hs_screen_height", "number"),
        Property("hs_screen_width", "number"),
        # The documented example sends `PDA;Smartphone`: several values.
        Property(
            "hs_device_type",
            "enumeration",
            "checkbox",
            _labelled({device_type: device_type for device_type in _DEVICE_TYPES}),
        ),
        Property(
            "hs_page_content_type",
            "enumeration",
            "select",
            _labelled({page_type: page_type for page_type in _PAGE_TYPES}),
        ),
    ]
    return {prop.name: prop for prop in properties}


STANDARD_CONTACT_PROPERTIES: Final = MappingProxyType(_contact_properties())
STANDARD_EVENT_PROPERTIES: Final = MappingProxyType(_event_properties())


def goes_backward(now: str, wanted: str) -> bool:
    """Return whether a life-cycle stage precedes the current one, in which case HubSpot keeps that (section 3.1)."""
    if now not in LIFECYCLE_STAGES or wanted not in LIFECYCLE_STAGES:
        return False
    return LIFECYCLE_STAGES.index(wanted) < LIFECYCLE_STAGES.index(now)
