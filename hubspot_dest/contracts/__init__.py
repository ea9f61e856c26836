"""Contracts: hold events against the JSON Schemas of a flow file."""
