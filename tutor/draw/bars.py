"""Amounts as stacked bars on one scale: a shade and a letter for every part, the sum at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lessons.kit.pictures import Bar, Bars
from lessons.kit.words import number
from tutor.draw.canvas import Canvas, Look
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import GAPS, KEY, Row, Span, draw_rows, title

FILLS = "█▓▒░▄━"
"""What parts are filled with where there are no shades."""

_SHADES = len(FILLS)
"""After so many parts shades and fillings begin anew; letters never do."""

_TALLEST, _COMFORTABLE = 3, 2
"""Rows of a bar where there is more than enough room, and where there is enough."""

_READABLE = 6
"""Columns in which a note that is cut still says something."""


def draw_bars(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Bars, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y): bars of three rows where there is room, of one where there is little."""
    for tall in range(_TALLEST, 0, -1):
        rows = _Stack(picture, w, tall, canvas.look, frozen).rows()
        if len(rows) <= h:
            break
    draw_rows(canvas, x, y, w, h, rows)


def bars_rows(picture: Bars, w: int) -> int:
    """Rows at which the picture is comfortable in `w` columns."""
    return len(_Stack(picture, w, _COMFORTABLE, Look(), False).rows())


def shares(values: Sequence[float], cells: int) -> list[int]:
    """How many of `cells` each value gets, by largest remainder; one at least for each above 0 if there are enough.

    The values are finite and not below 0.
    """
    most = max(values, default=0.0)
    if most <= 0:
        return [0] * len(values)
    parts = [value / most for value in values]
    exact = [part / sum(parts) * cells for part in parts]
    least = 1 if cells >= sum(part > 0 for part in values) else 0
    given = [max(int(share), least * (value > 0)) for share, value in zip(exact, values)]
    while sum(given) < cells:
        given[max(range(len(given)), key=lambda k: exact[k] - given[k])] += 1
    while sum(given) > cells:
        given[max((k for k in range(len(given)) if given[k] > least), key=lambda k: given[k] - exact[k])] -= 1
    return given


def initials(names: Sequence[str]) -> list[str]:
    """A sign for every name: the first of its letters that no other has, as a capital, else a digit."""
    taken: list[str] = []
    for name in names:
        letters = [letter.upper() for letter in name if letter.isalnum() and width(letter.upper()) == 1]
        free = (sign for sign in [*letters, *"123456789"] if sign not in taken)
        taken.append(next(free, "·"))
    return taken


def _length(value: float) -> float:
    """What a part adds to its bar: nothing where it is nan or below 0."""
    return value if value > 0 else 0.0


class _Stack:
    """The rows of a picture in `w` columns, its bars `tall` rows high."""

    def __init__(self, picture: Bars, w: int, tall: int, look: Look, frozen: bool) -> None:
        self.picture, self.w, self.tall, self.flat, self.frozen = picture, w, tall, look.flat, frozen
        self.signs = initials(picture.parts)
        self.several = len(picture.parts) > 1
        sums = [sum(map(_length, bar.values)) for bar in picture.bars]
        self.track = picture.end is not None and 0 < picture.end < math.inf
        longest = max((total for total in sums if 0 < total < math.inf), default=1.0)
        self.end = picture.end if picture.end is not None and self.track else longest
        names = max((width(bar.name) for bar in picture.bars), default=0)
        self.left = min(names, w // 4) + 2 if names else 0
        self.right = min(max((self._tail(bar) for bar in picture.bars), default=0), w // 2 if tall > 1 else w // 3)
        self.room = max(1, w - self.left - self.right - 1)

    def rows(self) -> list[Row]:
        part = "" if self.several else "".join(self.picture.parts)
        known = f"{self.picture.title} {self.picture.unit}".lower()
        rows = title(self.picture.title, "" if part.lower() in known else part)
        for bar in self.picture.bars:
            rows += [*self._bar(bar), Row(rank=GAPS)]
        key = self._key() if self.several else []
        return [*rows, *key] if key else rows[:-1]

    def _tail(self, bar: Bar) -> int:
        """Columns for what stands behind a bar."""
        total, note = width(self._total(bar)), width(bar.note)
        if self.tall > 1:
            return max(total, note)
        both = total + 2 + note
        return both if note and both <= self.w // 3 else total

    def _total(self, bar: Bar) -> str:
        total = sum(bar.values)
        sign = "✗ " if math.isnan(total) else "▲ " if total == math.inf else ""
        equals = "= " if len(bar.values) > 1 else ""  # or it reads as the last part's amount, where there are no shades
        return f"{equals}{sign}{number(total)} {self.picture.unit}".rstrip()

    def _cells(self, bar: Bar) -> list[int]:
        lengths = [_length(value) for value in bar.values]
        total = sum(lengths)
        if total == math.inf:  # an infinite part takes what the others leave
            if math.inf in lengths:
                lengths = [1.0 if value == math.inf else 1e-9 * (value > 0) for value in lengths]
            return shares(lengths, self.room)
        cells = min(self.room, round(total / self.end * self.room)) if total < self.end else self.room
        return shares(lengths, max(cells, 1))

    def _bar(self, bar: Bar) -> list[Row]:
        """Its rows: the name at the left of the first, sum and note behind it."""
        cells = self._cells(bar)
        rows = [self._fill(bar, cells, place) for place in range(self.tall)]
        total, end = self._total(bar), self.left + (self.room if self.track else sum(cells)) + 1
        odd = not math.isfinite(sum(bar.values))
        rows[0].insert(0, Span(0, cut(bar.name, self.left - 2), "muted" if self.frozen else "text"))
        rows[0].append(Span(end, total, "muted" if self.frozen else "danger bold" if odd else "bright bold"))
        beside = self.tall == 1
        at = end + width(total) + 2 if beside else end
        if self.w - at >= min(width(bar.note), _READABLE):
            rows[0 if beside else 1].append(Span(at, bar.note, "muted"))
        return [Row(spans) for spans in rows]

    def _fill(self, bar: Bar, cells: Sequence[int], place: int) -> list[Span]:
        """One row of a bar. Without shades a tall bar has its letters above it, a low one within."""
        above = self.several and self.flat and self.tall > 1 and place == 0
        x, spans = self.left, []
        for part, size in enumerate(cells):
            if size:
                if not above:
                    spans.append(Span(x, (FILLS[part % _SHADES] if self.flat else " ") * size, self._ground(part)))
                if place == 0:
                    spans += self._label(x, size, part, bar.values[part], above)
            x += size
        if self.track and not above:
            rest = self.left + self.room - x
            spans.append(Span(x, ("─" if self.flat else " ") * rest, "rule" if self.flat else "text on raised"))
            if sum(map(_length, bar.values)) > self.end:
                spans.append(Span(x - 1, "›", self._letter(len(cells) - 1)))
        return spans

    def _label(self, x: int, size: int, part: int, value: float, above: bool) -> list[Span]:
        """The part's letter and number, or its letter, as it fits into `size` cells."""
        if not self.several:
            return []
        sign, spec = self.signs[part], self._letter(part)
        pad, inset = "" if above else " ", int(self.flat and not above)
        for words in (f"{sign} {number(value)}", sign):
            text = f"{pad}{words}{pad}"
            if width(text) + max(2 * inset, above) <= size:
                return [Span(x + inset, text, spec)]
        return [] if inset else [Span(x, sign, spec)]

    def _ground(self, part: int) -> str:
        if self.flat:
            return "muted" if self.frozen else f"s{part % 4 + 1}"
        return f"text on {('raised', 'rule')[part % 2]}" if self.frozen else f"text on p{part % _SHADES + 1}"

    def _letter(self, part: int) -> str:
        if self.flat:
            return "muted" if self.frozen else "bright"
        return self._ground(part).replace("text", "muted" if self.frozen else "bright")

    def _key(self) -> list[Row]:
        """The parts by name, in as many rows as it takes."""
        rows: list[list[Span]] = [[]]
        x = 0
        for part, (sign, name) in enumerate(zip(self.signs, self.picture.parts)):
            size = 4 + width(name)
            if x and x + size > self.w:
                rows.append([])
                x = 0
            if self.flat:
                rows[-1] += [Span(x, FILLS[part % _SHADES], self._ground(part)), Span(x + 2, f"{sign} {name}", "muted")]
            else:
                rows[-1] += [Span(x, f" {sign} ", self._letter(part)), Span(x + 4, name, "muted")]
            x += size + 3
        return [Row(spans, KEY) for spans in rows]
