"""Files of a session, written into the folder: a screenshot, the rows, a report."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from simulator.engine.engine import Engine
from simulator.tui.exports import json_rows, plain_svg
from simulator.tui.shell import Shell
from simulator.tui.views.live import LiveView
from simulator.tui.widgets.header import Header

__all__ = ["ExportActions"]


class ExportActions:
    """Writes files.

    Args:
        engine: has the rows.
        shell: the app.
        header: has the title.
        live: has the filter.
        folder: where files go.

    """

    def __init__(self, engine: Engine, shell: Shell, header: Header, live: LiveView, folder: Path) -> None:
        self._engine = engine
        self._shell = shell
        self._header = header
        self._live = live
        self._folder = folder

    def write_screenshot(self) -> None:
        """Write the screen as SVG."""
        svg = plain_svg(self._shell.screenshot())
        self._report(*self._write(self._free_stem("svg"), "svg", svg))

    def write_rows(self) -> None:
        """Write the filtered rows as JSON Lines and an HTML report, in the background."""
        self._shell.run_in_background(self._write_rows)

    def _write_rows(self) -> None:
        from hubspot_dest.report.html.renderer import render_report  # Jinja comes with the first report
        from simulator.engine.report_page import page_of_run

        rows, stem = self._live.stream.shown(), self._free_stem("jsonl", "html")
        title = f"hubspot-sim · {self._header.title_text}"
        written = self._write(stem, "jsonl", "".join(f"{row}\n" for row in json_rows(self._engine, rows)))
        self._shell.from_thread(lambda: self._report(*written))
        try:
            page = render_report(page_of_run(self._engine, rows, title, chosen=self._live.search))
        except (TimeoutError, RuntimeError):
            result = "no report: the sender is busy with a call to HubSpot, or has ended", False
        else:
            result = self._write(stem, "html", page)
        self._shell.from_thread(lambda: self._report(*result))

    def _free_stem(self, *endings: str) -> str:
        """Return a file name without ending that no file has yet."""
        stem = wanted = f"hubspot-sim-{time.strftime('%Y%m%d-%H%M%S')}"
        number = 1
        while any((self._folder / f"{stem}.{ending}").exists() for ending in endings):
            number += 1
            stem = f"{wanted}-{number}"
        return stem

    def _write(self, stem: str, ending: str, text: str) -> tuple[str, bool]:
        """Write a file into the folder; return the message about it, and whether it was written."""
        path = self._folder / f"{stem}.{ending}"
        try:
            if shutil.disk_usage(self._folder).free < len(text) * 2:
                raise OSError(28, "no space left on the disk")
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            return f"{path} cannot be written: {error.strerror}", False
        return f"written: {path.name}", True

    def _report(self, text: str, written: bool) -> None:
        self._shell.say(text, 4 if written else None, severity="information" if written else "error")
