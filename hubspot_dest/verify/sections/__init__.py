"""The questions that `verify` asks, one module each."""
