"""Write a report to a file, and describe its input files."""

from __future__ import annotations

import hashlib
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.options import writing
from hubspot_dest.report.html.page import ReportInput, ReportPage
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.whole_file import write_whole_file

__all__ = ["input_files", "local_time", "require_report_library", "write_report"]

_CHUNK: Final = 1 << 20


def require_report_library() -> None:
    """Exit with code 2 if the template engine of reports is not installed."""
    if importlib.util.find_spec("jinja2") is None:
        stop("--report needs the Jinja2 library", "pip install 'hubspot-dest[verify]'")


def write_report(path: Path, page: ReportPage) -> None:
    """Write a page as HTML; exit with code 2 if the file cannot be written."""
    require_report_library()
    from hubspot_dest.report.html.renderer import render_report  # needs an extra

    with writing(path):
        write_whole_file(path, render_report(page).encode("utf-8", "backslashreplace"))
    say(f"report written: {safe_text(path)}")


def input_files(*files: tuple[str, str | Path | None]) -> Iterator[ReportInput]:
    """Yield role, name, digest and size of each file; skip missing files and those that are not regular files."""
    for role, name in files:
        if name is None or str(name) == "-":
            continue
        digest, size = hashlib.sha256(), 0
        try:
            if not Path(name).is_file():
                continue
            with Path(name).open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except (OSError, ValueError):
            continue  # reported when the file is read
        yield ReportInput(role, str(name), digest.hexdigest(), size)


def local_time() -> str:
    """Return the time of a report, with its offset from UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S %z")
