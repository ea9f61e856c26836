"""Read and write batches of contacts: `/crm/…/contacts/batch/…` (HubSpot wire facts, sections 3.3, 3.4 and 3.6)."""
