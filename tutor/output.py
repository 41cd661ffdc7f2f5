"""stdout as it may be: a pipe whose reader leaves, a full disk, an encoding that lacks our signs."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import TextIO

CLOSED = 128 + signal.SIGPIPE
"""The exit code of a program whose output nobody reads any more."""

UNWRITABLE = 1
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def adapt(ascii_only: bool = False) -> None:
    """From now on what is printed and cannot be encoded becomes an ASCII sign that stands for it."""
    codecs.register_error("stand-in", _stand_ins)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="ascii" if ascii_only else None, errors="stand-in")


def write_json(line: bytes) -> None:
    """A line of JSON, which is UTF-8 whatever the terminal takes; out at once, for who reads along."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(line)
        sys.stdout.flush()


def written(command: Callable[[], int], unwritable: int = UNWRITABLE) -> int:
    """The exit code of a command, once all that it printed is out; quiet where nobody reads it any more.

    `unwritable` where it could not be written.
    """
    try:
        code = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = CLOSED
        _drop(sys.stdout)
    except OSError as error:
        if error.errno not in FULL:
            raise
        code = unwritable
        _drop(sys.stdout)
        with contextlib.suppress(OSError):
            print(f"tutor: the output could not be written: {error.strerror}", file=sys.stderr)
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:  # a terminal that is gone
        _drop(sys.stderr)
    return code


def _drop(stream: TextIO) -> None:
    """What still waits to be written goes nowhere: the interpreter would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _stand_ins(error: UnicodeError) -> tuple[str, int]:
    from tutor.draw.glyphs import spelled, stand_in

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(stand_in, spelled(error.object[error.start : error.end]))), error.end
