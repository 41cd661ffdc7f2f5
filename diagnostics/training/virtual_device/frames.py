"""Which frames are the user's: those of no installed library, of the standard library, or of our own."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_LIBRARIES = tuple(
    {
        os.path.join(sysconfig.get_path(name), "")
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
        if sysconfig.get_path(name)
    }
)

_known: dict[str, bool] = {}


def is_users(filename: str) -> bool:
    """Whether code of this file was written by the user."""
    known = _known.get(filename)
    if known is None:
        known = _known[filename] = _is_users(filename)
    return known


def _is_users(filename: str) -> bool:
    if filename.startswith("<"):
        return filename.startswith(("<stdin>", "<string>", "<ipython"))
    path = os.path.abspath(filename)
    folders = path.split(os.sep)
    return not (
        "site-packages" in folders
        or "dist-packages" in folders
        or path.startswith(_OURS)
        or path.startswith(_LIBRARIES)
    )


def user_frame(depth: int = 1) -> FrameType | None:
    """The nearest frame of the user's code, or None."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame
