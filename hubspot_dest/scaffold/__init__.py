"""First drafts: a configuration from the events of a site, a step example from an event, a folder to start with."""
