"""Every command and every Python program that the documentation shows works when it is pasted."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm
from tests.docs.command_blocks import ROOT, Block, blocks_of, pages, script_of

# What cannot be run here, by page and first command, each with its reason. At most ten.
NOT_RUN: dict[tuple[str, str], str] = {
    ("README.md", "make demo"): "sets up an environment; tests/deep/test_new_user.py runs it",
    (
        "docs/command-line.md",
        'eval "$(_HUBSPOT_DEST_COMPLETE=zsh_source hubspot-dest)"',
    ): "for zsh; tests/cli holds completion in both shells",
    (
        "docs/tasks/point-your-walkeros.md",
        "hubspot-sim serve --tls --host 0.0.0.0 --port 443 --allow-host api.hubapi.com "
        "--authority authority.pem --json",
    ): "needs port 443",
}


def command_blocks(page: Path) -> list[Block]:
    return [
        block
        for block in blocks_of(page)
        if block.has_commands and block.language not in ("synopsis", "console")
    ]


def first_command(block: Block) -> str:
    return block.text.strip().splitlines()[0].partition("  #")[0].strip()


def runnable(page: Path) -> list[Block]:
    return [
        block
        for block in blocks_of(page)
        if block.is_program or (block.language == "sh" and (block.page, first_command(block)) not in NOT_RUN)
    ]


PAGES = [page for page in pages() if runnable(page)]
# The README's programs run with its commands: they talk to the server that these start.
PAGES_WITH_PROGRAMS = [
    page for page in PAGES if page.name != "README.md" and any(block.is_program for block in blocks_of(page))
]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def run_blocks(blocks: list[Block], folder: Path) -> None:
    # Without the outbox that a reader of the README has beside the events.
    shutil.copytree(ROOT / "cassettes", folder / "cassettes")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("*.sqlite3*"))
    for name in ("shop.yaml", "events.jsonl", "flow.json"):
        shutil.copy(ROOT / "examples" / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    programs = str(Path(sys.executable).parent)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HUBSPOT_")},
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HUBSPOT_ACCESS_TOKEN": "pat-na1-00000000-0000-0000-0000-000000000000",
    }
    press_q = f"{sys.executable} {ROOT / 'tests' / 'docs' / 'press_q.py'}"
    script = script_of(blocks, free_ports(6), press_q)
    done = warm.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.deep
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_works_when_it_is_pasted(page: Path, tmp_path: Path) -> None:
    run_blocks(runnable(page), tmp_path)


def test_the_readme_works_when_it_is_pasted(tmp_path: Path) -> None:
    run_blocks(runnable(ROOT / "README.md"), tmp_path)


@pytest.mark.parametrize("page", PAGES_WITH_PROGRAMS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_program_of_a_page_works_when_it_is_pasted(page: Path, tmp_path: Path) -> None:
    run_blocks([block for block in runnable(page) if block.is_program], tmp_path)


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_the_refusal_that_a_page_shows_first_is_what_the_command_prints(name: str, tmp_path: Path) -> None:
    block = next(block for block in blocks_of(ROOT / name) if block.language == "console")
    command, *shown = block.text.rstrip("…\n").splitlines()
    shop = (ROOT / "examples" / "shop.yaml").read_text(encoding="utf-8")
    broken = shop.replace("large_order_completed", "Large Order!")
    (tmp_path / "shop.yaml").write_text(broken, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "events.jsonl", tmp_path)
    done = warm.run(
        [sys.executable, "-m", "hubspot_dest", *command.removeprefix("$ hubspot-dest ").split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[: len(shown)] == shown


def test_each_block_with_commands_says_what_it_is() -> None:
    unclear = [
        f"{block.page}, line {block.line}: {first_command(block)}"
        for page in pages()
        for block in command_blocks(page)
        if block.language not in ("sh", "yaml", "python", "json")
    ]
    assert not unclear, "fence commands as `sh`, usage as `synopsis`, output as `console`"


def test_few_blocks_are_not_run_and_each_has_its_reason() -> None:
    assert len(NOT_RUN) <= 10
    known = {(block.page, first_command(block)) for page in pages() for block in command_blocks(page)}
    assert set(NOT_RUN) <= known, "no longer in the documentation"
