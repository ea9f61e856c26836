"""Parse the address of a stream on the command line, and report errors of its broker."""

from __future__ import annotations

from typing import NoReturn

from hubspot_dest.cli.console import stop
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.streams.address import StreamAddress, read_address
from hubspot_dest.streams.errors import StreamError

__all__ = ["address_of", "end_with"]


def address_of(
    source: str, source_options: tuple[str, ...] = (), *, needs_group: bool = True
) -> StreamAddress:
    """Parse the address of a source; exit with code 2 if it is invalid."""
    try:
        return read_address(source, source_options, needs_group=needs_group)
    except StreamError as error:
        end_with(error)


def end_with(error: StreamError) -> NoReturn:
    """Report an error of a broker or its address, and exit with code 2."""
    stop(safe_text(error.sentence, limit=400), safe_text(error.hint, limit=300))
