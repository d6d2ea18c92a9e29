"""Running a program that may be broken: it may hang, fail, print rubbish without end, and is never waited for long.

    answer(command, text, seconds) -> str       what the program prints when it is given `text`
    LayoutFailedError, ProgramFailedError       why there is no answer, in a few words
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from time import monotonic

MOST = 64_000_000       # bytes that a program may print


class LayoutFailedError(Exception):
    """An engine gave no layout; the message says why, for a hint or an error of the library."""


class ProgramFailedError(LayoutFailedError):
    """The program ended with an error."""


def answer(command: Sequence[str], text: str, seconds: float) -> str:
    """What the program prints, given `text` on its standard input.

    Raises: ProgramFailedError if it fails; LayoutFailedError if it cannot be started, does not end in time, or prints
        too much or no UTF-8.
    """
    with tempfile.TemporaryFile() as given:         # a file, for a program that does not read would block a pipe
        given.write(text.encode())
        given.seek(0)
        end = monotonic() + seconds
        try:
            process = subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       start_new_session=True)
        except OSError as error:
            raise LayoutFailedError(f"it cannot be started: {error.strerror or error}") from None
    printed: list[bytes] = []
    reader = Thread(target=_read, args=(process, printed), daemon=True)
    reader.start()
    try:
        reader.join(seconds)
        if printed and len(printed[0]) == MOST:
            raise LayoutFailedError("it prints without end")
        code = process.wait(max(0.0, end - monotonic())) if printed else None
    except subprocess.TimeoutExpired:
        code = None
    finally:
        _end(process)
    if code is None:
        raise LayoutFailedError(f"it gave no answer within {seconds:g} seconds")
    if code:
        raise ProgramFailedError(f"it failed with code {code}")
    try:
        return printed[0].decode()
    except UnicodeDecodeError:
        raise LayoutFailedError("it printed something unreadable") from None


def _read(process: subprocess.Popen[bytes], printed: list[bytes]) -> None:
    """Read what the process prints, until that is too much."""
    assert process.stdout is not None
    with process.stdout:
        printed.append(process.stdout.read(MOST))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, and those it started."""
    if process.poll() is None or sys.platform != "win32":
        with suppress(OSError):                             # it has ended
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)      # it leads a group of its own
    with suppress(subprocess.TimeoutExpired):               # where the system will not let it go, nobody waits for it
        process.wait(1.0)
