"""The commands of `hubspot-sim`, one a module."""
