"""Run the sender against recorded behaviour vectors of walkerOS."""
