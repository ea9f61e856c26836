"""The report: a self-contained page for decision makers who do not use a terminal."""
