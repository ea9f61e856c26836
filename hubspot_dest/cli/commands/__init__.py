"""The commands of `hubspot-dest`, one a module."""
