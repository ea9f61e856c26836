"""The schema of a HubSpot account: event definitions, contact properties and limits, and the file that holds it."""
