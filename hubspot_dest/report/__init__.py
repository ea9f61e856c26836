"""Output formats for results: text for people, JSON Lines for programs, JUnit for CI."""
