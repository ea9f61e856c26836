"""The commands of `hubspot-sim`, one per module."""
