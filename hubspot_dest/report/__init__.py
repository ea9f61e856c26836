"""Output formats of results: text for people, JSON Lines for programs, JUnit for CI."""
