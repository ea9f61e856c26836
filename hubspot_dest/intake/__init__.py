"""Read events: JSON Lines, a JSON array, a single object, standard input; errors have the line and the field."""
