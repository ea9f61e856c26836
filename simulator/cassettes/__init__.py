"""Recorded API traffic: record, scrub, replay."""
