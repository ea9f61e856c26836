"""Answer all questions before going live in one run: GO or NO-GO, with reasons."""
