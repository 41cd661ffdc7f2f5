"""What formats can hold, on one axis of powers of ten, and where values stand on it."""

from __future__ import annotations

import math

from lessons.kit.pictures import Mark, Ruler
from lessons.kit.words.exact import exact, named
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import AIR, DETAIL, GAPS, KEY, Row, Span, draw_rows, title
from tutor.draw.scale import Scale, flags, masts

_MOST_FLAGS = 4
"""Rows of names above the spans."""

_WIDER = 0.25
"""By which part of the spans' own width the axis is widened for marks beside them."""

_END = 4
"""Columns at an end of the axis for what has no place on it: 0 and inf."""


def draw_ruler(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Ruler, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y): dotted where digits are missing, heavy where all are there.

    A mark is ● on a span that holds it, ○ where it has fewer digits, and passes as a thin line one that does not.
    """
    for most in range(_MOST_FLAGS, 0, -1):
        rows = _Layout(picture, w, most, frozen).rows()
        if sum(row.rank < GAPS for row in rows) <= h:
            break
    draw_rows(canvas, x, y, w, h, rows)


def ruler_rows(picture: Ruler, w: int) -> int:
    """Rows at which the picture is comfortable in `w` columns."""
    return len(_Layout(picture, w, _MOST_FLAGS, False).rows())


class _Layout:
    """The axis in `w` columns, and on which of them the marks stand."""

    def __init__(self, picture: Ruler, w: int, most: int, frozen: bool) -> None:
        self.picture, self.w, self.most, self.frozen = picture, w, most, frozen
        names = max((width(span.name) for span in picture.spans), default=0)
        self.left = min(names + 2, max(0, w // 3)) if names else 0
        self.marks = [mark for mark in picture.marks if not math.isnan(mark.value)]
        self.zero = any(mark.value == 0 for mark in self.marks)
        self.endless = any(math.isinf(mark.value) for mark in self.marks)
        start, stop = self.left + _END * self.zero, w - _END * self.endless
        self.scale = Scale(*_ends(picture), start, max(1, stop - start), log=True)
        self.columns = self._columns()

    def _columns(self) -> list[int]:
        """The column of each mark. Where several fall on one the greater move on, by two columns at most."""
        columns = [self._column(mark.value) for mark in self.marks]
        last, value = -1, math.nan
        for k in sorted(range(len(columns)), key=lambda k: abs(self.marks[k].value)):
            own, same = columns[k], abs(self.marks[k].value) == value
            columns[k] = last if same else max(own, min(last + 1, own + 2, self.w - 1))
            last, value = columns[k], abs(self.marks[k].value)
        return columns

    def _column(self, value: float) -> int:
        if value == 0:
            return self.left
        return self.w - 1 if math.isinf(value) else self.scale.column(math.log10(abs(value)))

    def rows(self) -> list[Row]:
        names = [(column, self._name(mark)) for column, mark in zip(self.columns, self.marks)]
        placed, lost = flags(names, self.w, self.most)
        lost += [f"✗ {self._name(mark)}" for mark in self.picture.marks if math.isnan(mark.value)]
        spec = "muted" if self.frozen else "text"
        highest = max((flag.row for flag in placed), default=-1)
        rows = title(self.picture.title)
        rows += [Row(masts(placed, row, spec), KEY) for row in range(highest, -1, -1)]
        for place in range(len(self.picture.spans)):
            rows += [Row(self._masts(), GAPS)] if place else []
            rows.append(self._span(place))
        rows.append(Row(self._ticks(), KEY))
        if lost:
            rows += [Row(rank=AIR), Row([Span(0, "also marked: " + ", ".join(lost), "faint")], DETAIL)]
        return rows

    def _name(self, mark: Mark) -> str:
        """The mark's name with its number, if it has none yet, and an arrow where it is beyond the axis."""
        name = named(mark.name, exact(mark.value))
        if not mark.value or not math.isfinite(mark.value):
            return name
        place = math.log10(abs(mark.value))
        return f"‹ {name}" if place < self.scale.low else f"{name} ›" if place > self.scale.high else name

    def _masts(self) -> list[Span]:
        return [Span(column, "│", "faint") for column in self.columns]

    def _span(self, place: int) -> Row:
        span = self.picture.spans[place]
        low, normal, high = (self.scale.column(math.log10(value)) for value in (span.low, span.normal, span.high))
        quiet = "muted" if self.frozen else ""
        spans = [Span(0, cut(span.name, self.left - 2), quiet or "text")]
        spans += [Span(column, "·", "rule") for column, _ in self.scale.ticks()]
        spans.append(Span(low, "╌" * (normal - low), quiet or "accent"))
        spans.append(Span(normal, "━" * (high - normal + 1), quiet or "accent"))
        spans += self._masts()
        for column, mark in zip(self.columns, self.marks):
            if span.low <= abs(mark.value) <= span.high:
                spans.append(Span(column, "●" if abs(mark.value) >= span.normal else "○", quiet or "bright bold"))
        return Row(spans)

    def _ticks(self) -> list[Span]:
        spans = self.scale.labels(self.w - _END * self.endless)
        if self.zero:
            spans.append(Span(self.left, "0", "faint"))
        if self.endless:
            spans.append(Span(max(0, self.w - 3), "inf", "faint"))
        return spans


def _ends(picture: Ruler) -> tuple[float, float]:
    """The ends of the axis as powers of ten: all spans, and the marks that are not too far beside them."""
    low = math.floor(min((math.log10(span.low) for span in picture.spans), default=-3))
    high = math.ceil(max((math.log10(span.high) for span in picture.spans), default=3))
    reach = max(1, math.ceil((high - low) * _WIDER))
    places = [math.log10(abs(mark.value)) for mark in picture.marks if mark.value and math.isfinite(mark.value)]
    near = [place for place in places if low - reach <= place <= high + reach]
    return min([low, *map(math.floor, near)]), max([high, low + 1, *map(math.ceil, near)])
