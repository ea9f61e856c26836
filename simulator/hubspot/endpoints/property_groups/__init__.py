"""Manage groups of contact properties: `/crm/…/properties/contacts/groups` (HubSpot wire facts, section 3)."""
