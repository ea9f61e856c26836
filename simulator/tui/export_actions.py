"""What can be kept of a session, written into the folder: a picture, the rows, a report."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import App

from simulator.tui.exports import html_report, json_rows, plain_svg

if TYPE_CHECKING:
    from simulator.engine.engine import Engine
    from simulator.tui.views.live import LiveView
    from simulator.tui.widgets.header import Header

__all__ = ["Keeping"]


class Keeping(App[None]):
    """The actions that write files."""

    engine: Engine
    header: Header
    live: LiveView
    folder: Path

    def action_screenshot_here(self) -> None:
        """Write what is seen as SVG."""
        svg = plain_svg(self.export_screenshot(title="hubspot-sim"))
        self._tell_written(self._write(self._stem("svg"), "svg", svg))

    @work(thread=True, exclusive=True, group="export")
    def action_export(self) -> None:
        """Write the filtered rows as JSON Lines, and a report in HTML; a hundred thousand rows take their time."""
        rows, stem = self.live.stream.shown(), self._stem("jsonl", "html")
        title = f"hubspot-sim · {self.header.title_text}"
        told = self._write(stem, "jsonl", "".join(f"{one}\n" for one in json_rows(self.engine, rows)))
        self.call_later(self._tell_written, told)  # its end is not waited for
        try:
            page = html_report(self.engine, rows, title, self.live.search)
        except (TimeoutError, RuntimeError):
            told = "no report: the sender is stuck in a call to HubSpot, or at its end", False
        else:
            told = self._write(stem, "html", page)
        self.call_later(self._tell_written, told)

    def _stem(self, *endings: str) -> str:
        """Return a name that no file has yet."""
        stem = wanted = f"hubspot-sim-{time.strftime('%Y%m%d-%H%M%S')}"
        number = 1
        while any((Path(self.folder) / f"{stem}.{ending}").exists() for ending in endings):
            number += 1
            stem = f"{wanted}-{number}"
        return stem

    def _write(self, stem: str, ending: str, text: str) -> tuple[str, bool]:
        """Write a file into the folder; return what is to be said of it, and whether it is there."""
        path = Path(self.folder) / f"{stem}.{ending}"
        try:
            if shutil.disk_usage(self.folder).free < len(text) * 2:
                raise OSError(28, "no space left on the disk")
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            return f"{path} cannot be written: {error.strerror}", False
        return f"written: {path.name}", True

    def _tell_written(self, told: tuple[str, bool]) -> None:
        said, good = told
        self.notify(
            said, timeout=4 if good else None, severity="information" if good else "error", markup=False
        )
