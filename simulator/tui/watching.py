"""See that a configuration file was saved, and read it again; a broken one is said and changes nothing."""

from __future__ import annotations

from pathlib import Path

from hubspot_dest.config import Config
from hubspot_dest.configfile import ConfigFileError, file_of, load_config
from simulator.documented.steps import FlowExample, flow_examples

__all__ = ["ConfigWatch"]


class ConfigWatch:
    """Looks whether a file has changed since the last time it was asked.

    Args:
        path: the file, or `FILE#flow.destination`.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = self._stamp()

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = file_of(self.path).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def changed(self) -> bool:
        """Tell whether it was saved since the last time. A file that is just being replaced is not there: no."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        return True

    def examples(self) -> list[FlowExample]:
        """Return the step examples that stand beside the configuration.

        Raises:
            ConfigFileError: the file cannot be used.

        """
        return flow_examples(self.path)

    def read(self) -> tuple[Config | None, str]:
        """Return the configuration, or None and what is wrong with it in one line."""
        try:
            return load_config(self.path)[0], ""
        except ConfigFileError as error:
            more = f" (and {len(error.lines) - 1} more)" if len(error.lines) > 1 else ""
            return None, error.lines[0].replace(str(self.path), self.path.name) + more
