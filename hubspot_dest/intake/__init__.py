"""Where events come from: JSON Lines, a JSON array, one object, standard input; errors name line and field."""
