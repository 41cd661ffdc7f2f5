"""Pen: draws cells of a terminal in as few bytes as it can."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

Cell = tuple[str, str]
"""A character, "" for the second half of a wide one, and the style's SGR parameters."""

NARROW = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03c9\u2010-\u2026\u2190-\u21ff\u2200-\u22ff\u2500-\u25fc\u2800-\u28ff]*"
)
"""Text of which every character fills one cell, known at a glance."""


class Pen:
    """Draws cells in as few bytes as it can."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._style = ""
        self.size = 0
        """Bytes so far, about."""

    def draw(self, row: int, column: int, cells: Iterable[Cell]) -> None:
        """Cells that follow one another, from a place on."""
        self._add(f"\x1b[{row};{column}H")
        for style, run in groupby(cells, itemgetter(1)):
            texts = [text for text, _ in run]
            if style != self._style:
                self._add(_change(self._style, style))
                self._style = style
            text = "".join(texts)
            if not NARROW.fullmatch(text):  # terminals differ in how wide they draw it
                text = "".join(f"{text}\x1b[{row};{at}H" for at, text in _ends(texts, column))
            self._add(text)
            column += len(texts)

    def drawn(self) -> str:
        """All of it; "" where there was nothing to draw."""
        return "".join([*self._parts, "\x1b[m" if self._style else ""])

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self.size += len(text.encode("utf-8", "replace"))


class Style(NamedTuple):
    """Colours as their parameters, "" for the default ones, and whatever else a style switches on."""

    foreground: str
    background: str
    switches: frozenset[str]


@lru_cache(maxsize=4096)
def _change(before: str, after: str) -> str:
    """The shortest sequence from one style to another."""
    old, new = _style(before), _style(after)
    if not new.switches >= old.switches:
        return f"\x1b[0;{after}m" if after else "\x1b[m"
    parts = sorted(new.switches - old.switches)
    if new.foreground != old.foreground:
        parts.append(new.foreground or "39")
    if new.background != old.background:
        parts.append(new.background or "49")
    return f"\x1b[{';'.join(parts)}m" if after else "\x1b[m"


@lru_cache(maxsize=4096)
def _style(parameters: str) -> Style:
    """Of parameters that follow a reset. A later colour takes the place of an earlier one."""
    foreground = background = ""
    switches = set()
    rest = [each for each in parameters.split(";") if each]
    while rest:
        length = 1 if rest[0] not in ("38", "48", "58") else 3 if rest[1:2] == ["5"] else 5
        one, rest = ";".join(rest[:length]), rest[length:]
        number = int(one.partition(";")[0])
        if 30 <= number <= 39 or 90 <= number <= 97:
            foreground = "" if number == 39 else one
        elif 40 <= number <= 49 or 100 <= number <= 107:
            background = "" if number == 49 else one
        else:
            switches.add(one)
    return Style(foreground, background, frozenset(switches))


def _ends(texts: list[str], column: int) -> Iterator[tuple[int, str]]:
    """Each character, with the column behind it."""
    for at, text in enumerate(texts):
        if text:
            yield column + at + 1 + (texts[at + 1 : at + 2] == [""]), text
