"""Where a stream can come from beside the synthetic people: a file, standard input or a pipe, a port that listens."""
