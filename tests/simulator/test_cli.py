"""`hubspot-sim` itself: quick help, and a clear word where the simulator's packages are missing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from simulator import cli


def command_line(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["hubspot-sim", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_help_names_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("--help", monkeypatch=monkeypatch) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("check", "conform", "serve"))


@pytest.mark.parametrize("command", ["", *cli.COMMANDS])
def test_whoever_asks_for_help_waits_for_nothing(command: str) -> None:
    code = (
        f"import sys; sys.argv = ['hubspot-sim', *{command.split()!r}, '--help']\n"
        "from simulator.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'hubspot', 'pydantic', 'starlette', 'uvicorn', 'msgspec', 'quickjs', 'textual', 'faker', 'asyncio'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage:" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "HEAVY []"


def test_the_version_is_the_package_s_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("--version", monkeypatch=monkeypatch) == 0
    assert version("hubspot-dest") in capsys.readouterr().out


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "msgspec"])
@pytest.mark.parametrize("name", ["check", "conform", "serve"])
def test_without_the_extra_it_says_how_to_get_the_simulator(
    package: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert command_line(name, monkeypatch=monkeypatch) == 2
    said = capsys.readouterr().err
    assert package in said
    assert "pip install 'hubspot-dest[simulator]'" in said
    assert "Traceback" not in said


def test_a_command_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("fly", monkeypatch=monkeypatch) == 2
    assert "No such command 'fly'" in capsys.readouterr().err
