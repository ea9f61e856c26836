"""The blocks of the documentation that a reader can paste, and one shell script for those of a page.

A block that is fenced as `sh` is run, line by line as written, and a `python` block as a program. A `python` block
that begins with a file's name (`# conftest.py`) is written to that file; one that is a test is run by pytest.
`synopsis` shows how a command is called, and `console` what a command printed; neither is run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "Block", "blocks_of", "pages", "script_of"]

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```\s*$", re.S | re.M
)
_PROGRAM: Final = re.compile(
    r"^\s*(?:\$ )?(?:\S*/)?(?:hubspot-dest|hubspot-sim|make|pip|pipx|uvx|curl)\b", re.M
)
# These run until they are stopped: they are started in the background.
_SERVER: Final = re.compile(r"^(?:\S*/)?(?:hubspot-sim serve|hubspot-dest (?:listen|work))\b")
_TERMINAL: Final = re.compile(r"^(?:\S*/)?hubspot-sim tui\b")
_PORT: Final = re.compile(r"--port (\d+)")
_FILE_NAME: Final = re.compile(r"\A# (?P<name>\w+\.py)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page.

    Attributes:
        page: path from the top folder.
        line: of the fence, from 1.
        language: behind the fence; may be empty.
        text: without the indentation of the fence.

    """

    page: str
    line: int
    language: str
    text: str

    @property
    def has_commands(self) -> bool:
        """Whether a line starts with a program that a reader could run."""
        return self.language == "sh" or bool(_PROGRAM.search(self.text))

    @property
    def is_program(self) -> bool:
        """Whether it is Python."""
        return self.language == "python"


def pages() -> list[Path]:
    """Return every page that teaches: README, docs, the guides of the top folder."""
    guides = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [*guides, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(source):
        indent = len(match["indent"])
        text = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
        line = source.count("\n", 0, match.start()) + 1
        found.append(Block(str(page.relative_to(ROOT)), line, match["language"], text))
    return found


def _joined(text: str) -> list[str]:
    """Return the commands of a block; a line that ends in a backslash continues."""
    commands = text.replace("\\\n", " ").splitlines()
    return [command for command in commands if command.strip() and not command.lstrip().startswith("#")]


def _step(command: str, press_q: str) -> str:
    command = command.removesuffix(" &")
    if _TERMINAL.match(command):
        return f"{press_q} {command.partition('#')[0].strip()!r}"
    if not _SERVER.match(command):
        return command
    port = _PORT.search(command)
    number = port[1] if port else "8080"
    if port is None:
        command = f"{command.partition(' #')[0].rstrip()} --port {number}"
    return (
        f"{command} >>server.log 2>&1 & servers+=($!)\n"
        f"for _ in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/{number}) 2>/dev/null && break; sleep 0.1; done\n"
        f"(exec 3<>/dev/tcp/127.0.0.1/{number}) || {{ cat server.log; exit 1; }}"
    )


def _program_steps(block: Block) -> list[str]:
    named = _FILE_NAME.match(block.text)
    name = named["name"] if named else f"block_{block.line}.py"
    lines = [f"cat >{name} <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK"]
    if named is None:
        lines.append(f"python {name}")
    elif name.startswith("test_"):
        # As the page on pytest says: a cassette is recorded once, then played.
        run = f"python -m pytest -q -p no:cacheprovider -c /dev/null --rootdir . {name}"
        lines += [f"{run} --hubspot-record=once", run] if "hubspot_cassette" in block.text else [run]
    return lines


def script_of(blocks: Sequence[Block], ports: Sequence[int], press_q: str) -> str:
    """Return a bash script that runs blocks in order, in one shell; it ends with the first command that fails.

    Args:
        blocks: those of one page that are to be run.
        ports: free ports, which take the place of 8080, 8081 … of the page.
        press_q: a command that runs its argument in a terminal and presses q there.

    """
    lines = ["set -euo pipefail", "servers=()", "trap 'kill \"${servers[@]}\" 2>/dev/null || true' EXIT"]
    for block in blocks:
        lines.append(f"echo '== {block.page}, line {block.line}'")
        if block.is_program:
            lines += _program_steps(block)
        else:
            lines += [_step(command, press_q) for command in _joined(block.text)]
    script = "\n".join(lines)
    used = sorted(set(re.findall(r"(?<![\d.])(80[89]\d)\b", script)))
    for written, free in zip(used, ports, strict=False):
        script = re.sub(rf"(?<!\d){written}(?!\d)", str(free), script)
    return script
