"""`python -m hubspot_dest` is `hubspot-dest`."""

from hubspot_dest.cli.entry_point import start

__all__ = ["main"]


def main() -> None:
    """Run `hubspot-dest`."""
    start("hubspot_dest.cli.main")


if __name__ == "__main__":
    main()
