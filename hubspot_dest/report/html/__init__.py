"""The report: one self-contained page for people who decide, and never saw a terminal."""
