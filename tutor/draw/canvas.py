"""Canvas, a grid of styled cells, Look, how tokens become styles, and Dots, eight points to a cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style

from tutor.draw.glyphs import cells
from tutor.draw.palette import TABLES, Table

_ATTRIBUTES = frozenset(("bold", "dim", "italic", "underline", "reverse", "strike"))

_JOIN = 16
"""Two changes in a row with fewer unchanged cells between are cheaper to send as one."""


@dataclass(frozen=True)
class Look:
    """How this terminal shows things. theme: "dark" or "light"; depth: "true", "256", "16" or "none"."""

    theme: str = "dark"
    depth: str = "true"
    ascii: bool = False

    @property
    def flat(self) -> bool:
        """True where there are no shades: lines and characters carry the picture."""
        return self.depth in ("16", "none")

    @property
    def bands(self) -> int:
        """How many shades a surface has: `ramp0`, the highest, to `ramp{bands - 1}`. 0 where `flat`."""
        return sum(1 for token, value in self._table.items() if value and token.startswith("ramp"))

    @property
    def _table(self) -> Table:
        return TABLES[self.theme, self.depth]

    def style(self, spec: str) -> Style:
        """The style of a spec: tokens and attributes, the ground after "on", as in "bright bold on panel".

        Raises ValueError for a word that is neither. The same style is the same object.
        """
        return _style(spec, self.theme, self.depth)

    def colour(self, token: str) -> str:
        """The token's colour as CSS: "#rrggbb", or at 16 colours and below an "ansi_" name."""
        value = self._table[token]
        if value.startswith("#"):
            return value
        return "ansi_default" if not value or value in _ATTRIBUTES else f"ansi_{value}"


@lru_cache(4096)
def _style(spec: str, theme: str, depth: str) -> Style:
    table = TABLES[theme, depth]
    colours: dict[bool, str] = {}
    attributes = []
    ground = False
    for word in spec.split():
        if word == "on":
            ground = True
            continue
        value = word if word in _ATTRIBUTES else table.get(word)
        if value is None:
            raise ValueError(f"{word!r} in {spec!r} is no colour token and no attribute; see tutor/draw/palette.py")
        if value in _ATTRIBUTES:
            attributes.append(value)
        elif value:
            colours[ground] = value
        ground = False
    return _interned(colours.get(False), colours.get(True), tuple(sorted(set(attributes))))


@lru_cache(2048)
def _interned(colour: str | None, ground: str | None, attributes: tuple[str, ...]) -> Style:
    return Style.parse(" ".join(attributes)) + Style(color=colour, bgcolor=ground)


@lru_cache(4096)
def _grounded(spec: str, ground: str) -> str:
    return spec if " on " in f" {spec}" else f"{spec} on {ground}"


class Canvas:
    """`height` rows of `width` cells. Whatever falls outside is left out, so a picture need not look where it ends."""

    def __init__(self, width: int, height: int, look: Look, ground: str = "bg") -> None:
        self.width, self.height = max(0, width), max(0, height)
        self.look, self.ground = look, ground
        blank = _grounded("text", ground)
        self._texts = [[" "] * self.width for _ in range(self.height)]
        self._specs = [[blank] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, spec: str = "text") -> int:
        """Writes on one row and returns the column after it. Without "on" the canvas' own ground is used."""
        columns = cells(text, self.look.ascii)
        self._write(x, y, columns, _grounded(spec, self.ground))
        return x + len(columns)

    def right(self, x: int, y: int, text: str, spec: str = "text") -> None:
        """Writes so that the last cell is the one before column `x`."""
        self.put(x - len(cells(text)), y, text, spec)

    def fill(self, x: int, y: int, w: int, h: int, spec: str, ch: str = " ") -> None:
        columns = cells(ch, self.look.ascii)[:1] * max(0, min(w, self.width - x))
        for row in range(max(0, y), min(self.height, y + h)):
            self._write(x, row, columns, _grounded(spec, self.ground))

    def _write(self, x: int, y: int, columns: tuple[str, ...], spec: str) -> None:
        start, stop = max(0, x), min(self.width, x + len(columns))
        if not 0 <= y < self.height or start >= stop:
            return
        self._free(start, stop, y)
        self._texts[y][start:stop] = columns[start - x : stop - x]
        self._specs[y][start:stop] = [spec] * (stop - start)
        self._mend(start, stop, y)

    def _free(self, start: int, stop: int, y: int) -> None:
        """Blanks the halves of wide characters that a write to start..stop will cut in two."""
        row = self._texts[y]
        if not row[start] and start:
            row[start - 1] = " "
        if stop < self.width and not row[stop]:
            row[stop] = " "

    def _mend(self, start: int, stop: int, y: int) -> None:
        """Blanks the halves of wide characters that were written only in part."""
        row = self._texts[y]
        if not row[start]:
            row[start] = " "
        if stop == self.width and row[stop - 1] and len(cells(row[stop - 1])) > 1:
            row[stop - 1] = " "

    def paste(self, other: Canvas, x: int, y: int) -> None:
        """Copies the cells of `other`, its upper left one to (x, y)."""
        start, stop = max(0, x), min(self.width, x + other.width)
        if start >= stop:
            return
        for row in range(max(0, y), min(self.height, y + other.height)):
            self._free(start, stop, row)
            self._texts[row][start:stop] = other._texts[row - y][start - x : stop - x]
            self._specs[row][start:stop] = other._specs[row - y][start - x : stop - x]
            self._mend(start, stop, row)

    def segments(self, y: int) -> list[Segment]:
        """Row `y` as runs of one style each."""
        if not 0 <= y < self.height or not self.width:
            return []
        texts, specs, style = self._texts[y], self._specs[y], self.look.style
        runs: list[Segment] = []
        start, spec, now = 0, specs[0], style(specs[0])
        for x, here in enumerate(specs):
            if here is spec or here == spec:
                continue
            spec, before, now = here, now, style(here)
            if now is not before:
                runs.append(Segment("".join(texts[start:x]), before))
                start = x
        runs.append(Segment("".join(texts[start:]), now))
        return runs

    def text(self, y: int) -> str:
        """The characters of row `y`."""
        return "".join(self._texts[y]) if 0 <= y < self.height else ""

    def at(self, x: int, y: int) -> str:
        """What stands in a cell: "" in the second half of a wide character, and outside."""
        return self._texts[y][x] if 0 <= y < self.height and 0 <= x < self.width else ""

    def changes(self, before: Canvas) -> list[tuple[int, int, int]]:
        """The spans (x, y, width) that differ from `before`; all rows where the sizes or looks do."""
        if (self.width, self.height, self.look) != (before.width, before.height, before.look):
            return [(0, y, self.width) for y in range(self.height) if self.width]
        return [(x, y, w) for y in range(self.height) for x, w in self._row_changes(before, y)]

    def _row_changes(self, before: Canvas, y: int) -> Iterator[tuple[int, int]]:
        texts, specs, old_texts, old_specs = self._texts[y], self._specs[y], before._texts[y], before._specs[y]
        if texts == old_texts and specs == old_specs:
            return
        changed = [x for x in range(self.width) if texts[x] != old_texts[x] or specs[x] != old_specs[x]]
        start = stop = changed[0]
        for x in [*changed, self.width + _JOIN + 1]:
            if x - stop > _JOIN:
                while not texts[start]:
                    start -= 1
                while stop < self.width and not texts[stop]:
                    stop += 1
                yield start, stop - start
                start = x
            stop = x + 1


class Dots:
    """Points at 2 by 4 to a cell, to be laid onto a canvas as braille, in ASCII as one mark a cell.

    Coordinates are in points from the upper left one, (0, 0); what lies outside is left out.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(0, width), max(0, height)
        self._layers: dict[str, bytearray] = {}

    def _layer(self, spec: str) -> bytearray:
        return self._layers.setdefault(spec, bytearray(self.width * self.height))

    def line(self, x0: float, y0: float, x1: float, y1: float, spec: str) -> None:
        self.curve(((x0, y0), (x1, y1)), spec)

    def curve(self, points: Sequence[tuple[float, float]], spec: str, gap: int = 1) -> None:
        """A line through all points, of which every `gap`-th dot is drawn."""
        layer, width = self._layer(spec), self.width
        dot, count = None, -1
        for here, there in zip(points, points[1:] or points):
            for dot_here in _walk(*here, *there, width * 2, self.height * 4):
                if dot_here == dot:
                    continue
                dot = dot_here
                count += 1
                if count % gap == 0:
                    column, row = dot
                    layer[(row >> 2) * width + (column >> 1)] |= _BITS[row & 3][column & 1]

    def columns(self, row: int) -> list[int]:
        """The cells of a row that have dots."""
        cells_of_row = slice(row * self.width, (row + 1) * self.width)
        return [x for x, bits in enumerate(zip(*(layer[cells_of_row] for layer in self._layers.values()))) if any(bits)]

    def onto(
        self,
        canvas: Canvas,
        x: int,
        y: int,
        ground: Callable[[int, int], str] | None = None,
        marks: str = "*+ox",
    ) -> None:
        """Lays the dots onto `canvas`. `ground` names the token behind a cell; `marks` are ASCII signs, one a spec.

        Where several specs meet in one cell their dots are joined, and even and odd columns take turns in colour.
        """
        owners: dict[int, list[int]] = {}
        specs = list(self._layers)
        for k, layer in enumerate(self._layers.values()):
            for index, bits in enumerate(layer):
                if bits:
                    owners.setdefault(index, []).append(k)
        for index, those in owners.items():
            row, column = divmod(index, self.width)
            k = those[column % len(those)]
            bits = 0
            for other in those:
                bits |= self._layers[specs[other]][index]
            sign = marks[k % len(marks)] if canvas.look.ascii else chr(0x2800 + bits)
            canvas.put(x + column, y + row, sign, f"{specs[k]} on {ground(column, row)}" if ground else specs[k])


_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def _walk(x0: float, y0: float, x1: float, y1: float, columns: int, rows: int) -> Iterator[tuple[int, int]]:
    """The dots of a straight line, as far as they lie within columns by rows."""
    ends = _clip(x0 + 0.5, y0 + 0.5, x1 + 0.5, y1 + 0.5, columns - 1e-3, rows - 1e-3)
    if ends is None:
        return
    x, y, x1, y1 = ends
    steps = math.ceil(max(abs(x1 - x), abs(y1 - y))) or 1
    dx, dy = (x1 - x) / steps, (y1 - y) / steps
    for i in range(steps + 1):
        yield int(x + dx * i), int(y + dy * i)


def _clip(x0: float, y0: float, x1: float, y1: float, width: float, height: float) -> tuple[float, ...] | None:
    """The part of a line within 0..width and 0..height (Liang and Barsky), None if there is none."""
    dx, dy = x1 - x0, y1 - y0
    if not (math.isfinite(dx) and math.isfinite(dy)) or width < 0 or height < 0:
        return None
    enter, leave = 0.0, 1.0
    for delta, room in ((-dx, x0), (dx, width - x0), (-dy, y0), (dy, height - y0)):
        if delta == 0:
            if room < 0:
                return None
        elif delta < 0:
            enter = max(enter, room / delta)
        else:
            leave = min(leave, room / delta)
    if enter > leave:
        return None
    inside = (x0 + dx * enter, y0 + dy * enter, x0 + dx * leave, y0 + dy * leave)
    return tuple(min(max(0.0, v), top) for v, top in zip(inside, (width, height, width, height)))
