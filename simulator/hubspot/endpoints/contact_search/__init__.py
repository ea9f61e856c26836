"""Search contacts: `/crm/…/contacts/search` (HubSpot wire facts, sections 3.5 and 11)."""
