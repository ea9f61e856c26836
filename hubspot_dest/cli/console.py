"""The console: data on stdout, messages on stderr, and the end of a program.

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
import shutil
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn

import click

from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.report.safe_text import masked_text, safe_text

__all__ = ["guarded", "print_data", "progress", "say", "stop"]


_FULL: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_CLEAR_LINE: Final = "\r\x1b[2K"
_COLLECTOR: Final = (
    100_000,
    20,
    20,
)  # the thresholds of the garbage collector; Python's own first one is 700
_BROKEN_PIPE: Final = 141  # the exit code of a shell for a program that SIGPIPE ended


def say(line: str) -> None:
    """Write one line to stderr, in place of a progress; quoted values in it must have passed `safe_text`."""
    try:
        sys.stderr.write(f"{_clear()}{line}\n")
        sys.stderr.flush()
    except RuntimeError:  # a signal handler that interrupts such a write may not enter it again
        with contextlib.suppress(OSError):
            os.write(2, f"{line}\n".encode(errors="backslashreplace"))
    except (OSError, ValueError):
        pass  # stderr is closed, or its disk is full: the work goes on, and so does its exit code


def progress(text: str) -> None:
    """Show the progress of long work on a terminal, instead of the last one; write nothing into a pipe.

    The next message takes its line; an empty text leaves the line empty.
    """
    clear = _clear()
    if clear:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{clear}{text[: shutil.get_terminal_size().columns - 1]}")
            sys.stderr.flush()


def _clear() -> str:
    """Return what empties the line of a progress on a terminal; nothing where stderr is no terminal that can.

    Whether there is one is not remembered: emptying an empty line does nothing.
    """
    try:
        is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # it is closed
        return ""
    return _CLEAR_LINE if is_terminal else ""


def print_data(text: str) -> None:
    """Write one line of data to stdout; end the program if the reader has closed it, or the disk is full."""
    try:
        if sys.stdout.isatty() and (clear := _clear()):
            sys.stderr.write(clear)
            sys.stderr.flush()
        sys.stdout.write(text + "\n")
    except OSError as error:
        _unwritten(error)


def stop(message: str, hint: str = "") -> NoReturn:
    """Write why a command could not run and what to do, and end with exit code 2."""
    say(f"error: {message}")
    if hint:
        say(f"  try: {hint}")
    raise SystemExit(int(ExitCode.USAGE_ERROR))


def guarded(main: Callable[[], Any], program: str) -> NoReturn:
    """Run a command line; users never see a traceback.

    Args:
        main: calls a click command with `standalone_mode=False`: click's own way of ending knows one exit code.
        program: the name that the user typed.

    """
    code: Any
    # A command line makes its objects while it starts and keeps them: to look through them for garbage after every 700,
    # and all of them once more at the end, is a seventh of a short run.
    gc.set_threshold(*_COLLECTOR)
    atexit.register(gc.freeze)
    try:
        _open_what_is_closed()
        _speak_any_encoding()
        done = main()
        code = done if isinstance(done, int) else ExitCode.OK
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        vars(error)["message"] = masked_text(error.message)  # click has declared it final
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        code = ExitCode.INTERRUPTED
        if isinstance(error, click.Abort) and _clear():
            sys.stderr.write("\n")  # leave the question on its line
        say("interrupted")
    except OSError as error:
        code = _system_error(error)
    except MemoryError:
        code = ExitCode.USAGE_ERROR
        say("error: there is not enough memory")
    except Exception as error:  # the last resort: a bug of ours is a sentence, too
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
    """Empty the buffer of a stderr that is gone: else Python ends with code 120 instead of ours."""
    for stream in {
        id(stream): stream for stream in (sys.stderr, sys.__stderr__) if stream is not None
    }.values():
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
                stream.flush()


def _open_what_is_closed() -> None:
    """Open the standard streams that a shell closed with `<&-`, `>&-` or `2>&-`.

    Python has None for them, and the next file to be opened, an outbox for example, would get the free descriptor.
    """
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in closed:
        number = os.open(os.devnull, os.O_RDWR)  # the lowest that is free
        setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8"))
    if "stdout" in closed:
        stop("standard output is closed", ">/dev/null, if the output is not needed")


def _speak_any_encoding() -> None:
    """Write what standard output's encoding lacks as its code, which is right in JSON too; stderr does so anyway."""
    import json  # here, so that --help stays fast

    def coded(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return json.dumps(error.object[error.start : error.end])[1:-1], error.end

    codecs.register_error("coded", coded)
    # In the C locale Python's own way is `surrogateescape`, which writes no character that the encoding lacks.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in ("strict", "surrogateescape"):
        sys.stdout.reconfigure(errors="coded")


def _system_error(error: OSError) -> int:
    """Report an error of the operating system, which is not a bug of this program. Return the exit code."""
    if isinstance(error, BrokenPipeError):
        return _BROKEN_PIPE
    where = f"{safe_text(error.filename)}: " if error.filename is not None else ""
    said = error.strerror or str(error) or type(error).__name__
    if error.errno in _FULL and not where:
        where = "standard output cannot be written: "
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    say(f"error: {where}{safe_text(said)}")
    if os.environ.get("HUBSPOT_DEST_DEBUG"):
        for line in traceback.format_exception(error):
            say(f"  {safe_text(line)}")
    return int(ExitCode.USAGE_ERROR)


def _unwritten(error: OSError) -> NoReturn:
    # Python would complain again while closing stdout.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
        say("  try: HUBSPOT_DEST_DEBUG=1 shows where; please report it with the command and the first lines")
