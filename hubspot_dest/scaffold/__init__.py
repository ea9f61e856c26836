"""First drafts: a configuration from the events of a site, a step example from one event, a folder to begin with."""
