"""From an event to a plan: pure, without clock, network or state."""
