"""Measure what events exercise of a configuration: rules, properties, contacts, calls and limits."""
