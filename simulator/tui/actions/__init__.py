"""What the keys do: one small class per subject, each given what it needs in its constructor."""
