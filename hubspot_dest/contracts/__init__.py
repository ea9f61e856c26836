"""Contracts: validate events against the JSON Schemas of a flow file."""
