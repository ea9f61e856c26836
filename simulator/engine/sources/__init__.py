"""Where a stream can come from besides synthetic events: a file, standard input or a pipe, a port that listens."""
