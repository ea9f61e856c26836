"""The destination's configuration: its model, schema, validation and loading."""
