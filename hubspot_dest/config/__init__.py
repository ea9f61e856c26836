"""The destination's configuration: its model, its schema, its validation, and how it is loaded."""
