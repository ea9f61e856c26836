"""`python -m simulator` is `hubspot-sim`."""

from hubspot_dest.cli.entry_point import start

__all__ = ["main"]


def main() -> None:
    """Run `hubspot-sim`."""
    start("simulator.cli")


if __name__ == "__main__":
    main()
