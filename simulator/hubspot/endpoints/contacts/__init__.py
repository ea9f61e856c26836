"""Read and write single contacts: `/crm/…/contacts` (HubSpot wire facts, sections 3.1, 3.2, 3.5 and 3.7)."""
