"""The console: write data to stdout and messages to stderr, and end the program.

Both command lines write through this module only.
"""

from __future__ import annotations

import atexit
import codecs
import contextlib
import errno
import gc
import io
import os
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn, TextIO

import click

from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.line_wrap import columns_of, fold
from hubspot_dest.report.safe_text import masked_text, safe_text

__all__ = ["guarded", "print_data", "print_document", "progress", "say", "stop"]


_DISK_FULL: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_JSON: Final = ("{", "[")
# User and password of an argument without a scheme, `user:password@host`; these words before an e-mail are no users.
_LOGIN: Final = re.compile(
    r"(?<![\w.:/@+%-])(?!(?:mailto|e-?mail|sips?|xmpp|acct|person|name):)[\w.%+~-]+:[^\s/?#\"'{}<>,;]+@(?=[\w\[])",
    re.IGNORECASE,
)
_CLEAR_LINE: Final = "\r\x1b[2K"
_GC_THRESHOLDS: Final = (100_000, 20, 20)  # Python's first default is 700
_BROKEN_PIPE: Final = 141  # a shell's exit code for a program that was ended by SIGPIPE


def say(line: str) -> None:
    """Write a line to stderr, replacing any progress line; the caller passes quoted values through `safe_text`."""
    try:
        clear, line = _clear(), _masked(line)
        sys.stderr.write(f"{clear}{fold(line, columns_of(sys.stderr)) if clear else line}\n")
        sys.stderr.flush()
    except RuntimeError:  # called by a signal handler that interrupted a write, which is not reentrant
        with contextlib.suppress(OSError):
            os.write(2, f"{line}\n".encode(errors="backslashreplace"))
    except (OSError, ValueError):
        pass  # stderr is closed, or its disk is full; neither changes the work or its exit code


def progress(text: str) -> None:
    """Show the progress of long work on a terminal, replacing the last progress line; write nothing into a pipe.

    The next message replaces the line; an empty text clears it.
    """
    clear = _clear()
    if clear:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{clear}{text[: columns_of(sys.stderr) - 1]}")
            sys.stderr.flush()


def _masked(text: str) -> str:
    """Return the text without the logins of this process' arguments, which messages quote.

    Only those: a text of an event that looks like a login is shown as it is.
    """
    for argument in sys.argv[1:]:
        if "@" in argument and "@" in text:
            for login in _LOGIN.findall(argument):
                text = text.replace(login, "****@")
    return text


def _clear() -> str:
    """Return the sequence that clears the progress line; empty if stderr is not a capable terminal.

    Whether a progress line is shown is not tracked, since clearing an empty line does nothing.
    """
    try:
        is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # stderr is closed
        return ""
    return _CLEAR_LINE if is_terminal else ""


def print_data(text: str) -> None:
    """Write one line of a result to stdout, folded on a terminal unless it is JSON; see `print_document`."""
    if not text.startswith(_JSON) and sys.stdout.isatty():
        text = "\n".join([fold(line, columns_of(sys.stdout)) for line in text.split("\n")])
    print_document(text)


def print_document(text: str) -> None:
    """Write text to stdout as it is; end the program if the reader has closed it, or the disk is full."""
    try:
        if sys.stdout.isatty() and (clear := _clear()):
            sys.stderr.write(clear)
            sys.stderr.flush()
        sys.stdout.write(_masked(text) + "\n")
    except OSError as error:
        _unwritten(error)


def stop(message: str, hint: str = "") -> NoReturn:
    """Report why a command cannot run and what to do, and exit with code 2."""
    say(f"error: {message}")
    if hint:
        say(f"  try: {hint}")
    raise SystemExit(int(ExitCode.USAGE_ERROR))


def guarded(main: Callable[[], Any], program: str) -> NoReturn:
    """Run a command line, and turn every exception into a message and an exit code; users never see a traceback.

    Args:
        main: calls a click command with `standalone_mode=False`, since click's own ending has only one exit code.
        program: the name of the program.

    """
    code: Any
    # A command line creates its objects at the start and keeps them. Searching them for garbage after every 700
    # objects, and once more at the end, takes a seventh of the time of a short run.
    gc.set_threshold(*_GC_THRESHOLDS)
    atexit.register(gc.freeze)
    try:
        _open_closed_streams()
        _escape_unencodable()
        done = main()
        code = done if isinstance(done, int) else ExitCode.OK
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        vars(error)["message"] = masked_text(error.message)  # click has declared it final
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            say(line)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        code = ExitCode.INTERRUPTED
        if isinstance(error, click.Abort) and _clear():
            sys.stderr.write("\n")  # keep the question
        say("interrupted")
    except OSError as error:
        code = _system_error(error)
    except MemoryError:
        code = ExitCode.USAGE_ERROR
        say("error: out of memory")
    except Exception as error:  # a bug of this program becomes a message as well
        code = ExitCode.USAGE_ERROR
        _say_bug(error, program)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        try:
            _unwritten(error)
        except SystemExit as end:
            code = end.code
    _drop_unwritten_messages()
    raise SystemExit(code if code is None else int(code) if isinstance(code, int) else code)


def _drop_unwritten_messages() -> None:
    """Empty the buffer of a closed stderr; otherwise Python exits with code 120 instead of this program's code."""
    for stream in {
        id(stream): stream for stream in (sys.stderr, sys.__stderr__) if stream is not None
    }.values():
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                _discard(stream)
                stream.flush()


def _discard(stream: TextIO) -> None:
    """Send what is still written to a stream to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_closed_streams() -> None:
    """Open the standard streams that a shell closed with `<&-`, `>&-` or `2>&-`.

    Python sets them to None, and the next file that is opened, for example an outbox, would get the free descriptor.
    """
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in closed:
        number = os.open(os.devnull, os.O_RDWR)  # the lowest free descriptor
        setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8"))
    if "stdout" in closed:
        stop("standard output is closed", "redirect it to /dev/null if the output is not needed")


def _escape_unencodable() -> None:
    r"""Write characters that standard output cannot encode as \uXXXX, which is valid JSON; stderr escapes anyway."""

    def coded(error: UnicodeError) -> tuple[str, int]:
        import json  # here, so that --help stays fast

        assert isinstance(error, UnicodeEncodeError)
        return json.dumps(error.object[error.start : error.end])[1:-1], error.end

    codecs.register_error("coded", coded)
    # In the C locale, Python uses `surrogateescape`, which fails for characters that the encoding lacks.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in ("strict", "surrogateescape"):
        sys.stdout.reconfigure(errors="coded")


def _system_error(error: OSError) -> int:
    """Report an error of the operating system, which is not a bug of this program, and return the exit code."""
    if isinstance(error, BrokenPipeError):
        return _BROKEN_PIPE
    where = f"{safe_text(error.filename)}: " if error.filename is not None else ""
    said = error.strerror or str(error) or type(error).__name__
    if error.errno in _DISK_FULL and not where:
        where = "standard output cannot be written: "
        with contextlib.suppress(OSError, ValueError):
            _discard(sys.stdout)
    say(f"error: {where}{safe_text(said)}")
    if os.environ.get("HUBSPOT_DEST_DEBUG"):
        for line in traceback.format_exception(error):
            say(f"  {safe_text(line)}")
    return int(ExitCode.USAGE_ERROR)


def _unwritten(error: OSError) -> NoReturn:
    # Python would report the error again while closing stdout.
    with contextlib.suppress(OSError, ValueError):
        _discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        raise SystemExit(_BROKEN_PIPE) from None  # `| head` has closed the pipe
    stop(f"standard output cannot be written: {error.strerror or error}")


def _say_bug(error: Exception, program: str) -> None:
    from hubspot_dest.masking import mask_token

    token = os.environ.get("HUBSPOT_ACCESS_TOKEN")
    say(
        f"error: {program} has a bug: {type(error).__name__}: {safe_text(mask_token(str(error), token), limit=300)}"
    )
    if os.environ.get("HUBSPOT_DEST_DEBUG"):
        for line in mask_token("".join(traceback.format_exception(error)), token).splitlines():
            say(f"  {safe_text(line)}")
    else:
        say("  try: set HUBSPOT_DEST_DEBUG=1 for a traceback, and report it with the command")
