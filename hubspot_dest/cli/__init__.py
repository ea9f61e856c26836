"""The command line: `hubspot-dest` and what both programs share."""
