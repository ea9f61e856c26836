"""The commands of `hubspot-dest`, one per module."""
