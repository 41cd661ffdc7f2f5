"""Keys for places and things that outlive them: an id is given anew, and code that is made anew is the same place."""

from __future__ import annotations

import itertools
import weakref
from types import FrameType
from typing import Any

_NONE = -1
"""The number of all things that tell nobody of their end, such as lists."""


def place_in(frame: FrameType) -> tuple[str, int, int]:
    """The place in the code that a frame is at: the same for a function that is made again, by eval too."""
    return frame.f_code.co_filename, frame.f_code.co_firstlineno, frame.f_lasti


class Numbers:
    """A small number for each thing that lives. That of a dead one goes to the next: what is made anew in a loop,
    in place of the one before, has the number of that.
    """

    def __init__(self) -> None:
        self._of: dict[int, int] = {}

    def of(self, thing: Any) -> int:
        found = self._of.get(id(thing))
        if found is not None:
            return found
        try:
            weakref.finalize(thing, self._of.pop, id(thing), None).atexit = False
        except TypeError:
            return _NONE
        taken = set(self._of.values())
        number = self._of[id(thing)] = next(number for number in itertools.count() if number not in taken)
        return number
