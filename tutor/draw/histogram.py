"""How often values fall where: bars in eighths of a row, marks as dotted lines, and what has no place on the axis."""

from __future__ import annotations

import math

from lessons.kit.pictures import Histogram
from lessons.kit.words.exact import percent
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut, width
from tutor.draw.scale import Scale, flags

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_MOST_FLAGS = 3
_COMFORTABLE = 8
"""Rows of the bars themselves."""
_LABELLED = 40
"""Columns from which the share of the highest bar is written beside it."""
_GUTTER = 7
"""Columns for that share."""
_FLATTENS = 2
"""A bar apart that is more than so many times the highest other one is drawn with a gap in it."""
_WIDEST = 5
"""Columns of the bar that stands apart."""
_APART = 3
"""Columns between the bar that stands apart and the axis, and of that bar at least."""


def draw_histogram(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Histogram, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y), as high as it is. Where there are more bins than
    columns, neighbours are added up."""
    box = Canvas(w, h, canvas.look, canvas.ground)
    if box.width and box.height:
        _Plot(box, picture, frozen).draw()
    canvas.paste(box, x, y)


def histogram_rows(picture: Histogram, w: int) -> int:
    """Rows at which the picture is comfortable."""
    return 2 + bool(picture.marks) + _COMFORTABLE + 1 + bool(picture.x or picture.apart)


class _Plot:
    """The parts of the box: title, names of marks, bars, ticks, and what is measured along the axis."""

    def __init__(self, box: Canvas, picture: Histogram, frozen: bool) -> None:
        self.box, self.picture, self.frozen = box, picture, frozen
        h = box.height
        self.ticked, self.named = h >= 3, h >= 6 and bool(picture.x or picture.apart)
        self.titled, self.airy = h >= (7 if picture.marks else 4), h >= 9
        self.apart = picture.apart if picture.apart > 0 else 0.0
        self.gutter = _GUTTER if box.width >= _LABELLED else 0
        left = self.gutter + (self._apart_columns() + _APART if self.apart else 0)
        self.scale = Scale(picture.low, picture.high, left, max(1, box.width - left), picture.log)
        self.bins = self._bins()
        marks = [(self.scale.column(mark.value), mark.name) for mark in picture.marks if math.isfinite(mark.value)]
        self.flags, _ = flags(marks, box.width, min(_MOST_FLAGS, max(1, (h - 4) // 3) if h >= 4 else 0))
        self.top = self.titled + self.airy + max((flag.row + 1 for flag in self.flags), default=0)
        self.bottom = h - self.ticked - self.named

    def _bins(self) -> list[tuple[int, int, float]]:
        """(first column, columns, count) of every bar."""
        counts, columns = self.picture.counts, self.scale.columns
        group = max(1, math.ceil(len(counts) / columns))
        edges = [*range(0, len(counts), group), len(counts)]
        gap = int(columns >= 4 * len(counts))
        bins = []
        for first, stop in zip(edges, edges[1:]):
            start, end = (self.scale.left + round(edge * columns / len(counts)) for edge in (first, stop))
            bins.append((start, end - start - gap, sum(counts[first:stop])))
        return bins

    def draw(self) -> None:
        if self.titled:
            self.box.put(0, 0, cut(self.picture.title, self.box.width), "muted")
        self._marks()
        most = self._most()
        spec = "faint" if self.frozen else "fill"
        for x, columns, count in self.bins:
            self._bar(x, columns, count, most, spec)
        if self.apart:
            self._bar_apart(most)
        self._marks_in_bars(spec)
        if self.gutter and self._total():
            self.box.right(self.scale.left - 1, self.top, self._share(most), "faint")
        if self.ticked:
            self._label()

    def _apart_columns(self) -> int:
        return max(_APART, min(max(width(self.picture.apart_name), 5), self.box.width // 4))

    def _bar_apart(self, most: float) -> None:
        """The bar at the left, no wider than it needs to be seen, with a gap in it where it would be much higher."""
        columns = min(_WIDEST, self._apart_columns())
        self._bar(0, columns, self.apart, most, "rule")
        if self.apart > most and self.bottom - self.top > 2:
            self.box.fill(0, self.top + 1, columns, 1, "faint", "╌")

    def _total(self) -> float:
        return sum(count for count in (*self.picture.counts, self.apart) if count > 0)

    def _most(self) -> float:
        """What the full height stands for: the highest bar, but for one apart that would flatten all others."""
        counts = [count for _, _, count in self.bins if 0 < count < math.inf]
        most = max(counts, default=0.0)
        if self.apart < math.inf and (not most or self.apart <= _FLATTENS * most):
            most = max(most, self.apart)
        return most or 1.0

    def _share(self, count: float) -> str:
        return percent(count, self._total())

    def _bar(self, x: int, w: int, count: float, most: float, spec: str) -> None:
        """A bar from the bottom up: an eighth of a row at least where something was counted."""
        rows = self.bottom - self.top
        if count != count:
            self.box.put(x, self.bottom - 1, "✗", "danger bold")
            return
        level = round(max(0.0, min(1.0, count / most)) * rows * 8)
        level = max(level, 1) if count > 0 else 0
        for row in range(rows):
            eighth = min(8, max(0, level - row * 8))
            if eighth:
                self.box.fill(x, self.bottom - 1 - row, w, 1, spec, _EIGHTHS[eighth])
        if count == math.inf:
            self.box.put(x, self.top, "▲", "danger bold")

    def _marks(self) -> None:
        for flag in self.flags:
            for row in range(self.top - 1 - flag.row, self.bottom):
                self.box.put(flag.column, row, "│", "faint")
            self.box.put(flag.x, self.top - 1 - flag.row, flag.text, "muted" if self.frozen else "text")

    def _marks_in_bars(self, spec: str) -> None:
        """A mark goes on through a bar where there are shades to tell it from the bar."""
        for flag in self.flags:
            for row in range(self.top, self.bottom):
                if self.box.at(flag.column, row) == _EIGHTHS[-1] and not self.box.look.flat:
                    self.box.put(flag.column, row, "│", f"{'text' if self.frozen else 'bright'} on {spec}")

    def _label(self) -> None:
        row, w = self.bottom, self.box.width
        for span in self.scale.labels(w):
            if span.x >= self.scale.left - 1:
                self.box.put(span.x, row, span.text, span.spec)
        if self.apart:
            room = self.scale.left - 2
            share = self._share(self.apart)
            both = f"{self.picture.apart_name} {share}"
            text = self.picture.apart_name if self.named else both if width(both) <= room else share
            self.box.put(0, row, cut(text, room), "muted")
            if self.named:
                self.box.put(0, row + 1, cut(share, room), "muted" if self.frozen else "bright bold")
        if self.named:
            x = self.scale.left + max(0, (self.scale.columns - width(self.picture.x)) // 2)
            self.box.put(x, row + 1, cut(self.picture.x, w - x), "faint")
