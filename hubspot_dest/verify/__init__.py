"""Everything that is asked before going live, in one run: GO or NO-GO, and why."""
