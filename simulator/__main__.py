"""`python -m simulator` is `hubspot-sim`."""

from simulator.cli import main

main()
