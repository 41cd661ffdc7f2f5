"""Repaint: what Textual paints, kept as cells, and of it only what differs from what the terminal shows.

Textual paints whole lines of a widget, each stretch with its full style and a reset behind it: two to four times of
what the terminal has to be told. Kept as cells, what a slow link has no room for can also wait, and be overtaken.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from rich.cells import get_character_cell_size

from tutor.pen import NARROW, Cell, Pen

HOME = (1, 1)

PAINT = re.compile(
    r"\x1b\[(?:(?P<row>\d+);(?P<column>\d+)H|(?P<style>[\d;]*)m)|(?P<text>[^\x00-\x1f\x7f-\x9f]+)|(?P<line>\r?\n)"
)
"""All that a paint is made of."""

JOINED = re.compile("[\u200d\ufe0e\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
"""What makes one picture of several characters."""

EXOTIC = re.compile("[^\x00-\u02ff\u0391-\u03c9\u2010-\u2026\u2190-\u22ff\u2500-\u25fc\u2800-\u28ff]")
"""Of these some have no width of their own."""

SMALL = 24
"""Cells: rows in which no more has changed go first, as that of a turned knob before the picture that it changes."""

NEAR = 4
"""Cells between two changes that are sent again: going past them takes as many bytes."""


class Repaint:
    """`take` what is painted; `changes` are what the terminal has to be told. Rows and columns count from 1."""

    def __init__(self) -> None:
        self._wanted: dict[int, list[Cell | None]] = {}
        self._shown: dict[int, list[Cell | None]] = {}
        self._touched: dict[int, int] = {}
        """Rows that may differ, and the number of the paint that touched them last."""
        self._paints = 0
        self._cursor = HOME
        self._columns = self._rows = sys.maxsize

    @property
    def told(self) -> bool:
        """Whether the terminal has been told everything."""
        return not self._touched

    @property
    def cursor(self) -> str:
        """What brings the cursor where it is to stand, hidden; "" where that is nowhere in particular."""
        return "" if self._cursor == HOME else "\x1b[{};{}H".format(*self._cursor)

    def resize(self, columns: int, rows: int) -> None:
        """What lies outside is not drawn: a terminal would draw it in its last column, or on its last row.

        It is kept: Textual does not paint it again where the old size is back before it looks.
        """
        self._columns, self._rows = columns, rows
        self.forget()

    def forget(self) -> None:
        """What the terminal shows is not known any more."""
        self._shown.clear()
        self._touched = dict.fromkeys((row for row in self._wanted if row <= self._rows), self._paints)

    def begin_anew(self) -> None:
        """Nor is it known what it is to show: something else has painted."""
        for known in (self._wanted, self._shown, self._touched):
            known.clear()

    def take(self, paint: str) -> bool:
        """Notes a paint; False, and nothing noted, where there is more in it than moves, styles and text.

        Characters that join others are left to the terminal, too: of how wide they are there are several opinions.
        """
        found = list(PAINT.finditer(paint))
        if sum(each.end() - each.start() for each in found) != len(paint) or not _measurable(paint):
            return False
        self._paints += 1
        (row, column), style = self._cursor, ""
        for each in found:
            kind = each.lastgroup
            if kind == "text":
                cells = _cells(each["text"], style)
                self._put(row, column, cells)
                column += len(cells)
            elif kind == "style":
                style = "" if each["style"] in ("", "0") else f"{style};{each['style']}".strip(";")
            elif kind == "column":
                row, column = int(each["row"]), int(each["column"])
            else:
                row, column = row + 1, 1
        self._cursor = row, column
        return True

    def changes(self, limit: float = float("inf")) -> str:
        """What brings the terminal nearer to what was painted, in about `limit` bytes: the newest paint first."""
        differing = {row: found for row in self._touched if (found := self._differing(row))}
        order = sorted(differing, key=lambda row: (-self._touched[row], len(differing[row]) > SMALL, row))
        pen, drawn = Pen(), 0
        while drawn < len(order) and pen.size < limit:
            row = order[drawn]
            for column, cells in self._stretches(row, differing[row]):
                pen.draw(row, column, cells)
            drawn += 1
        self._touched = {row: self._touched[row] for row in order[drawn:]}
        return pen.drawn()

    def _put(self, row: int, column: int, cells: list[Cell]) -> None:
        line = self._wanted.setdefault(row, [])
        start = column - 1
        end = start + len(cells)
        line += [None] * (start - len(line))
        if start < len(line) and _is_half(line[start]):  # the other half of a wide character goes with it
            line[start - 1] = (" ", _style_of(line[start]))
        if end < len(line) and _is_half(line[end]):
            line[end] = (" ", _style_of(line[end]))
        line[start:end] = cells
        if row <= self._rows:
            self._touched[row] = self._paints

    def _visible(self, row: int) -> list[Cell | None]:
        """What a row is to show in the window; of a wide character that its edge cuts, a blank."""
        line = self._wanted[row]
        if len(line) <= self._columns:
            return line
        cut = line[self._columns]
        blank = [(" ", _style_of(cut))] if _is_half(cut) else []
        return [*line[: self._columns - len(blank)], *blank]

    def _differing(self, row: int) -> list[int]:
        """The places of a row, from 0, that do not show what they are to show."""
        wanted, shown = self._visible(row), self._shown.get(row, [])
        differ = [x for x, (cell, there) in enumerate(zip(wanted, shown)) if cell != there and cell is not None]
        return differ + [x for x in range(len(shown), len(wanted)) if wanted[x] is not None]

    def _stretches(self, row: int, differing: list[int]) -> Iterator[tuple[int, list[Cell]]]:
        """What is to be drawn in a row, each with its first column; it counts as shown from now on."""
        wanted, shown = self._visible(row), self._shown.setdefault(row, [])
        shown += [None] * (len(wanted) - len(shown))
        for first, last in _joined(differing):
            while first and _is_half(wanted[first]):
                first -= 1
            while last + 1 < len(wanted) and _is_half(wanted[last + 1]):
                last += 1
            yield first + 1, [cell or (" ", "") for cell in wanted[first : last + 1]]
            shown[first : last + 1] = wanted[first : last + 1]


def _joined(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of the stretches of places that lie near each other."""
    first = last = -1
    for place in places:
        if first < 0:
            first = place
        elif place - last > NEAR:
            yield first, last
            first = place
        last = place
    if first >= 0:
        yield first, last


def _cells(text: str, style: str) -> list[Cell]:
    if NARROW.fullmatch(text):
        return [(character, style) for character in text]
    return [
        cell
        for character in text
        for cell in ((character, style), *[("", style)] * (get_character_cell_size(character) - 1))
    ]


def _measurable(text: str) -> bool:
    return not JOINED.search(text) and all(map(get_character_cell_size, EXOTIC.findall(text)))


def _is_half(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]


def _style_of(cell: Cell | None) -> str:
    return cell[1] if cell is not None else ""
