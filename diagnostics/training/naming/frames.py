"""The stack as the reader knows it: frames of their own files, the innermost first."""

from __future__ import annotations

import functools
import linecache
import os
import sys
import sysconfig
import threading
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Union

import torch

_OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_LIBRARIES = tuple(
    {
        os.path.join(os.path.abspath(folder), "")
        for folder in (
            _OURS,
            os.path.join(os.path.dirname(_OURS), "tutor"),
            os.path.dirname(torch.__file__),
            *(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")),
        )
    }
)
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_TYPED_IN = ("<stdin>", "<ipython-input", "<console>", "<python-input")


@dataclass(frozen=True)
class Place:
    """A frame of the reader's at a moment: its line from 1, and the frame that it called, where it called a Python one.

    `handle` is what the instruction is read from: the frame while it runs, its traceback entry after it ended.
    """

    frame: FrameType
    line: int
    callee: FrameType | None
    handle: Union[FrameType, TracebackType]  # noqa: UP007

    @property
    def file(self) -> str:
        """As Python was given it."""
        return self.frame.f_code.co_filename

    @property
    def instruction(self) -> int:
        """The offset of the instruction that runs, in bytes."""
        return self.handle.tb_lasti if isinstance(self.handle, TracebackType) else self.handle.f_lasti


@functools.lru_cache(maxsize=4096)
def is_user(file: str) -> bool:
    """Whether the file is the reader's: not torch's, not installed, not the standard library's and not ours."""
    if file.startswith("<"):
        return file.startswith(_TYPED_IN) and bool(file == "<stdin>" or linecache.getlines(file))
    path = os.path.abspath(file)
    return not path.startswith(_LIBRARIES) and not any(folder in path for folder in _INSTALLED)


def is_ours(file: str) -> bool:
    """Whether the file belongs to the diagnostics."""
    return file.startswith(os.path.join(_OURS, ""))


def user_frame(start: FrameType | None = None) -> FrameType | None:
    """The innermost frame of the reader's at or above `start` (default: the caller); quick enough for every call."""
    frame = start or sys._getframe(1)
    while frame is not None and not is_user(frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]
    return frame


def places(start: FrameType | None = None) -> list[Place]:
    """The reader's frames at or above `start`, the innermost first.

    A thread without any, as autograd's own for a GPU, stands for the main thread.
    """
    found = _climb(start or sys._getframe(1))
    if not found:
        main = sys._current_frames().get(threading.main_thread().ident or 0)
        found = _climb(main)
    return found


def places_of(traceback: TracebackType | None) -> list[Place]:
    """The reader's frames that an exception went through, and those above them, the innermost first."""
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    callees = [*(entry.tb_frame for entry in entries[1:]), None]
    inside = [
        Place(entry.tb_frame, entry.tb_lineno, callee, entry)
        for entry, callee in zip(entries, callees)
        if is_user(entry.tb_frame.f_code.co_filename)
    ]
    above = _climb(entries[0].tb_frame.f_back, entries[0].tb_frame) if entries else []
    return inside[::-1] + above


def _climb(frame: FrameType | None, callee: FrameType | None = None) -> list[Place]:
    found = []
    while frame is not None:
        if is_user(frame.f_code.co_filename):
            found.append(Place(frame, frame.f_lineno, callee, frame))
        callee, frame = frame, frame.f_back
    return found
