"""Run `hubspot-dest preview --json` in this process, from files as a user has them."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from hubspot_dest.cli.commands.preview import command

TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Preview:
    """What came of a preview."""

    exit_code: int
    events: list[dict[str, Any]]
    summary: dict[str, Any]
    stderr: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Every finding of every event, and those of the end."""
        found = [finding for event in self.events for finding in event["findings"]]
        return [*found, *self.summary.get("findings", [])]

    def codes(self, severity: str = "") -> list[str]:
        """Return the codes of the findings, or of those of one severity."""
        return [finding["code"] for finding in self.findings if severity in ("", finding["severity"])]


def preview(
    folder: Path,
    config: dict[str, Any],
    events: dict[str, Any] | list[dict[str, Any]],
    *options: str,
    account: dict[str, Any] | None = None,
) -> Preview:
    """Preview events with a configuration, each in a file of its own."""
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / "events.json").write_text(json.dumps(events), encoding="utf-8")
    arguments = [str(folder / "config.json"), str(folder / "events.json"), "--json", *options]
    if account is not None:
        (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
        arguments += ["--account", str(folder / "account.json")]
    logger = logging.getLogger("hubspot_dest")
    propagates, handlers = logger.propagate, list(logger.handlers)
    try:
        done = CliRunner().invoke(command, arguments)
    finally:
        logger.propagate, logger.handlers = propagates, handlers
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    return Preview(done.exit_code, lines[:-1], lines[-1], done.stderr)


def destination(**settings: Any) -> dict[str, Any]:
    """Return a configuration with these settings beside token and prefix."""
    mapping = settings.pop("mapping", None)
    more = settings.pop("more", {})
    config: dict[str, Any] = {
        "settings": {"accessToken": TOKEN, "eventNamePrefix": "pe12345678_", **settings},
        **more,
    }
    return config if mapping is None else {**config, "mapping": mapping}


def order(**changes: Any) -> dict[str, Any]:
    """Return an event `order complete`, changed as told."""
    event: dict[str, Any] = {
        "name": "order complete",
        "id": "0000000000000001",
        "timestamp": 1_780_000_000_000,
        "user": {"email": "ada@example.org"},
        "data": {"total": 99.5, "id": "o1"},
    }
    return {**event, **changes}
