"""stdout as it may be: a pipe whose reader leaves, a full disk, an encoding that lacks our signs.

And the door of all plain output: what is printed is printable, whoever forgot to look at it.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO, cast

from diagnostics.text import printable, printable_json

CLOSED = 128 + signal.SIGPIPE
"""The exit code of a program whose output nobody reads any more."""

UNWRITABLE = 1
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

_STYLE = r"(?:[34]8;(?:5;\d+|2;\d+;\d+;\d+)|[0-479]|[39]\d|4\d|10[0-7])"
_STYLES = re.compile(rf"(\x1b\[{_STYLE}(?:;{_STYLE})*m)")
"""Colours and attributes that a report or a traceback is printed in; none that hides text."""


class Printed:
    """A stream that lets through what can be printed, line ends, tabs and styles; all else becomes a sign."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        if "\x1b" in text:
            parts = enumerate(_STYLES.split(text))
            self.stream.write("".join(part if number % 2 else printable(part) for number, part in parts))
        else:
            self.stream.write(printable(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def adapt(ascii_only: bool = False) -> None:
    """From now on nothing leaves stdout and stderr but what can be printed, or an ASCII sign that stands for it."""
    codecs.register_error("stand-in", _stand_ins)
    sys.stdout, sys.stderr = _adapted(sys.stdout, ascii_only), _adapted(sys.stderr, ascii_only)


def _adapted(stream: TextIO, ascii_only: bool) -> TextIO:
    """The stream itself where it is none of a file, as in a test."""
    inner = stream.stream if isinstance(stream, Printed) else stream
    if not isinstance(inner, io.TextIOWrapper):
        return stream
    inner.reconfigure(encoding="ascii" if ascii_only else None, errors="stand-in")
    return cast(TextIO, Printed(inner))


def to_json(answer: object, indent: int | None = 2) -> bytes:
    """JSON with its line end, for `write_json`; names of files that are no text come back as they were."""
    return json.dumps(answer, ensure_ascii=False, indent=indent).encode("utf-8", "surrogatepass") + b"\n"


def write_json(line: bytes) -> None:
    """A line of JSON, which is UTF-8 whatever the terminal takes; out at once, for who reads along."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(printable_json(line))
        sys.stdout.flush()


def write_path(path: Path) -> None:
    """A path on a line of its own: its very bytes, which need be no text, where a program reads them."""
    if sys.stdout.isatty():
        print(path)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")


def control(stream: TextIO, sequence: str) -> None:
    """What a terminal is to obey, and we alone say; nothing from outside may be in it."""
    (stream.stream if isinstance(stream, Printed) else stream).write(sequence)


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
