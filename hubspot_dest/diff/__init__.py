"""What differs: between two JSON values, two configurations, and what they plan for the same events."""
