"""`--help` answers at once: it loads no more than the options."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The weights: each of them alone costs more than the rest of `--help` together.
HEAVY = ("pydantic", "hubspot", "urllib3", "sqlite3", "hubspot_dest.destination", "asyncio")


@pytest.mark.parametrize("name", ["preview", "send", "listen", "doctor", "follow", "work"])
def test_whoever_asks_for_help_waits_for_nothing(name: str) -> None:
    program = (
        "import sys\n"
        "from hubspot_dest.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([heavy for heavy in {HEAVY!r} if heavy in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name, "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr.strip() == "[]"
    assert "Usage:" in done.stdout
