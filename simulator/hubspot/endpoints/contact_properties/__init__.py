"""Define the properties of contacts: `/crm/…/properties/contacts` (HubSpot wire facts, sections 3 and 3.7)."""
