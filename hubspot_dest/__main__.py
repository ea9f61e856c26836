"""`python -m hubspot_dest` is `hubspot-dest`."""

from hubspot_dest.cli.main import main

main()
