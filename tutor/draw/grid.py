"""A matrix as cells shaded by size, with its numbers where they fit."""

from __future__ import annotations

import math

from lessons.kit.pictures import Grid
from lessons.kit.words import number
from tutor.draw.axis import sign
from tutor.draw.canvas import Canvas, Look
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import AIR, GAPS, KEY, TITLE, Row, Span, draw_rows

_SHADES = " ░▒▓█"
"""From low to high, where there are no colours to shade with."""

_WIDEST = 4
"""Columns of a cell without a number; down to one where there are many."""

_MARK = "!"
_ODD = {"✗": "nan", "▲": "inf", "▾": "−inf"}


def draw_grid(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Grid, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y). Marked cells have no shade and a `!`, which the last row explains."""
    draw_rows(canvas, x, y, w, h, _Layout(picture, w, canvas.look, frozen).rows())


def grid_rows(picture: Grid, w: int) -> int:
    """Rows at which the picture is comfortable."""
    return len(_Layout(picture, w, Look(), False).rows())


class _Layout:
    """How wide the cells are in `w` columns, and what they show."""

    def __init__(self, picture: Grid, w: int, look: Look, frozen: bool) -> None:
        self.picture, self.w, self.look, self.frozen = picture, w, look, frozen
        self.texts = [sign(value, False) or number(value) for value in picture.values]
        self.marked = set(picture.marked)
        names = max(map(width, picture.rows), default=0)
        self.left = min(names, max(0, w // 4 - 2)) + 2 if names else 0
        count, room = len(picture.columns), max(0, w - self.left)
        full = max([*map(width, self.texts), *(min(width(name), 8) for name in picture.columns)], default=0) + 2
        self.numbers = count * full <= room
        self.size = full if self.numbers else max(1, min(_WIDEST, room // max(1, count)))
        self.count = min(count, room // self.size)
        self.low, self.high = _ends(picture)

    def rows(self) -> list[Row]:
        rows = [Row([Span(0, self.picture.title, "muted"), *self._legend()], TITLE), Row(rank=AIR)]
        if heads := self._heads():
            rows.append(Row(heads, KEY))
        rows += [self._row(place) for place in range(len(self.picture.rows))]
        return [*rows, Row(rank=GAPS), Row(self._key(), KEY)]

    def _heads(self) -> list[Span]:
        """The columns' names over their cells; where they have no room the first and the last."""
        names = self.picture.columns[: self.count]
        hidden = len(self.picture.columns) - self.count
        end = self.left + self.count * self.size
        if self.numbers:
            return [
                Span(
                    self.left + (k + 1) * self.size - 1 - width(cut(name, self.size - 1)),
                    cut(name, self.size - 1),
                    "faint",
                )
                for k, name in enumerate(names)
            ]
        if hidden:
            text = cut(f"→ {hidden} more", self.w)
            return [Span(max(0, self.w - width(text)), text, "faint")]
        if not names or not any(names):
            return []
        spans = [Span(self.left, cut(names[0], end - self.left), "faint")]
        if width(names[0]) + 2 + width(names[-1]) <= end - self.left:
            spans.append(Span(end - width(names[-1]), names[-1], "faint"))
        return spans

    def _row(self, place: int) -> Row:
        spans = [Span(0, cut(self.picture.rows[place], self.left - 2), "muted")]
        start = place * len(self.picture.columns)
        return Row([*spans, *(self._cell(start + k, self.left + k * self.size) for k in range(self.count))])

    def _cell(self, index: int, x: int) -> Span:
        """One cell: its number, or a sign, on its shade."""
        value, text = self.picture.values[index], self.texts[index]
        odd, marked = sign(value, False), index in self.marked
        if self.numbers:
            text = f"{text}{_MARK if marked else ' '}".rjust(self.size - (width(text) - len(text)))
        else:
            text = (_MARK if marked else odd or self._block(value)) * (1 if marked or odd else self.size)
            text = text.center(self.size)
        if marked or odd:
            return Span(x, text, "muted" if self.frozen else "warn bold" if marked else "danger bold")
        if self.look.flat:
            return Span(x, text, "muted" if self.frozen else "text")
        if self.frozen:
            return Span(x, text, "muted on raised")
        return Span(x, text, f"bright on ramp{self._level(value, self.look.bands)}")

    def _block(self, value: float) -> str:
        return _SHADES[self._level(value, len(_SHADES))] if self.look.flat else " "

    def _level(self, value: float, levels: int) -> int:
        """Which of so many shades the value has."""
        inside = min(self.high, max(self.low, value))
        share = (inside / 2 - self.low / 2) / (self.high / 2 - self.low / 2 or 1)
        return min(levels - 1, int(share * levels))

    def _key(self) -> list[Span]:
        """What the signs mean, and how often they stand here."""
        values, meaning = self.picture.values, self.picture.meaning or "marked"
        named = [(_MARK, f"{len(self.marked)} of {len(values)} {meaning}")] if self.marked else []
        signs = [sign(value, False) for value in values]
        named += [(odd, f"{signs.count(odd)} {name}") for odd, name in _ODD.items() if odd in signs]
        spans, x = [], 0
        for mark, text in named:
            tone = "muted" if self.frozen else "warn bold" if mark == _MARK else "danger bold"
            spans += [Span(x, mark, tone), Span(x + 2, text, "muted" if self.frozen else "text")]
            x += 2 + width(text) + 3
        return spans

    def _legend(self) -> list[Span]:
        """The shades from low to high at the right end of the title's row, where there is room and use for them."""
        low, high = number(self.low), number(self.high)
        levels = len(_SHADES) if self.look.flat else self.look.bands
        start = self.w - levels - width(low) - width(high) - 2
        if start < width(self.picture.title) + 3 or self.frozen or (self.numbers and self.look.flat):
            return []
        spans = [Span(start, low, "faint"), Span(self.w - width(high), high, "faint")]
        for level in range(levels):
            text, spec = (_SHADES[level], "text") if self.look.flat else (" ", f"text on ramp{level}")
            spans.append(Span(start + width(low) + 1 + level, text, spec))
        return spans


def _ends(picture: Grid) -> tuple[float, float]:
    """The values at the ends of the shades."""
    finite = [value for value in picture.values if math.isfinite(value)]
    low = picture.low if picture.low is not None and math.isfinite(picture.low) else min(finite, default=0.0)
    high = picture.high if picture.high is not None and math.isfinite(picture.high) else max(finite, default=0.0)
    return low, max(low, high)
