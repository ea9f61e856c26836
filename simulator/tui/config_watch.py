"""Watch a configuration file and read it again when it is saved; a broken one is reported and changes nothing."""

from __future__ import annotations

from pathlib import Path

from hubspot_dest.config.loading import ConfigFileError, file_of, load_config
from hubspot_dest.config.model import Config
from simulator.examples.flow_examples import FlowExample, flow_examples

__all__ = ["ConfigWatch"]

_MISSED = 2  # checks, a second apart


class ConfigWatch:
    """Tells whether a file has changed since it was last asked.

    Args:
        path: the file, or `FILE#flow.destination`.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: tuple[str, ...] = ()
        """What is wrong with the file as it was last read."""
        self.warnings: tuple[str, ...] = ()
        """What the loader warned of when the file was last read without errors."""
        self._seen = self._stamp()
        self._missed = 0

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = file_of(self.path).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    @property
    def gone(self) -> bool:
        """Whether the file was missing at the last checks; one that is being replaced may be missing once."""
        return self._missed > _MISSED

    def changed(self) -> bool:
        """Tell whether it was saved since the last time."""
        stamp = self._stamp()
        self._missed = self._missed + 1 if stamp is None else 0
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        return True

    def examples(self) -> list[FlowExample]:
        """Return the step examples of the flow file.

        Raises:
            ConfigFileError: the file cannot be used.

        """
        return flow_examples(self.path)

    def read(self) -> tuple[Config | None, str]:
        """Return the configuration, or None and what is wrong with it in one line."""
        try:
            config, warnings = load_config(self.path)
        except ConfigFileError as error:
            more = f" (and {len(error.lines) - 1} more)" if len(error.lines) > 1 else ""
            self.problems = tuple(line.replace(str(self.path), self.path.name) for line in error.lines)
            return None, self.problems[0] + more
        self.problems, self.warnings = (), tuple(warnings)
        return config, ""
