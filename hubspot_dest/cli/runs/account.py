"""Run `hubspot-dest account pull`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import orjson

from hubspot_dest.account.account_file import write_account_file
from hubspot_dest.account.pull import pull_account
from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.options import ConnectionOptions, connected, open_config, writing
from hubspot_dest.cli.runs.definitions import client_of, reading_hint
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.report.safe_text import safe_text

__all__ = ["pull_to"]


def pull_to(config: Path, reach: ConnectionOptions, output: Path | None) -> None:
    """Run `account pull`; the options are those of `commands/account.py`."""
    logging.getLogger("hubspot_dest").propagate = False
    loaded = connected(open_config(config), reach)
    try:
        content = pull_account(client_of(loaded))
    except DeliveryError as error:
        stop(f"the account cannot be read: {safe_text(error.describe())}", reading_hint(error))
    events = amount(len(content["eventDefinitions"]), "event")
    counts = f"{events}, {amount(len(content['contactProperties']), 'contact property')}"
    if output is None:
        print_data(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    else:
        with writing(output):
            write_account_file(output, content)
    where = "standard output" if output is None else safe_text(output)
    say(f"portal {content['portalId']}: {counts}, written to {where}")
    sys.stdout.flush()
