"""Group the properties of contacts: `/crm/…/properties/contacts/groups` (HubSpot wire facts, section 3)."""
