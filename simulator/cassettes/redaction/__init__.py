"""Replace people and secrets in recorded traffic."""
