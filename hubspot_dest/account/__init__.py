"""What is known of a HubSpot account: its event definitions, contact properties and limits, as a file."""
