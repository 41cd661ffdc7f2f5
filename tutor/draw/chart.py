"""Lines over steps: no frame and no legend, a row of dots for every tick, the last value at the end of its line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from lessons.kit.pictures import Chart
from lessons.kit.words import number
from tutor.draw.axis import Axis, axis, sign
from tutor.draw.canvas import Canvas, Dots
from tutor.draw.glyphs import cut, width
from tutor.draw.thin import Step, thin

GAPS = (1, 3, 2, 4)
"""Every how many dots of a series are drawn, so that lines differ without colour."""

_VALUE = 7
"""Columns kept for a value: as many as "−8.9e-6" takes."""

_LABELLED, _VALUED = 24, 34
"""From how many columns on ticks have labels, and a lone line its value at its end instead of in the title's row."""


def draw_chart(canvas: Canvas, x: int, y: int, w: int, h: int, chart: Chart, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y). With less room first the labels go, then the axes; `frozen` lines are muted.

    ▲ at the top edge is inf, ✗ is nan; ▾ at the bottom edge of a log axis is a value that has no logarithm. No line
    crosses a gap. Of a crowd of points in one column the highest and the lowest are always drawn.
    """
    box = Canvas(w, h, canvas.look, canvas.ground)
    if not box.width or not box.height:
        return
    steps = max(1, chart.steps, *(len(series.values) - 1 for series in chart.series))
    lines = [thin(series.values, box.width * 2) for series in chart.series]
    if h <= 2:
        _draw_strip(box, chart, lines, frozen)
    else:
        _draw_plot(box, chart, lines, steps, frozen)
    canvas.paste(box, x, y)


@dataclass(frozen=True)
class _Plot:
    """Where the lines are within the box, and what its axes are."""

    left: int
    top: int
    width: int
    steps: int
    axis: Axis

    def dot(self, at: Step) -> tuple[float, float]:
        return at[0] / self.steps * (self.width * 2 - 1), self.axis.row(at[1]) * 4 + 1.5

    def column(self, step: int) -> int:
        return self.left + int(step / self.steps * (self.width * 2 - 1) + 0.5) // 2

    def row(self, value: float) -> int:
        return self.top + min(self.axis.rows - 1, max(0, math.floor(self.axis.row(value) + 0.5)))


@dataclass(frozen=True)
class _End:
    """The last point of a line: which one, its cell, its value."""

    index: int
    column: int
    row: int
    value: float


def _draw_plot(box: Canvas, chart: Chart, lines: list[list[Step]], steps: int, frozen: bool) -> None:
    top, under = box.height >= 4, box.height >= 5
    values = [value for line in lines for _, value in line] + [level.value for level in chart.levels]
    y_axis = axis(values, box.height - top - under, chart.log, chart.low, chart.high)
    left = max(width(label) for _, label in y_axis.ticks()) + 1 if box.width >= _LABELLED else 0
    right = _label_room(chart, lines, box.width)
    plot = _Plot(left, int(top), max(1, box.width - left - right), steps, y_axis)
    if top:
        _write_title(box, chart, lines, with_value=len(lines) == 1 and box.width < _VALUED)
    _draw_ticks(box, plot)
    if under:
        _label_steps(box, plot, chart)
    _draw_levels(box, plot, chart)
    _label_ends(box, plot, chart, _draw_lines(box, plot, chart, lines, frozen), frozen)
    _name_levels(box, plot, chart)


def _label_room(chart: Chart, lines: list[list[Step]], columns: int) -> int:
    """Columns right of the plot for what stands at the ends of lines."""
    value = max(_VALUE, *(width(number(line[-1][1])) for line in lines if line), 0)
    if len(lines) < 2:
        return 2 + value if columns >= _VALUED else 0
    names = max(width(series.name) for series in chart.series)
    return 2 + min(names + 1 + value, columns // 3) if columns >= _LABELLED else 0


def _write_title(box: Canvas, chart: Chart, lines: list[list[Step]], with_value: bool) -> None:
    room = box.width
    if with_value and lines[0]:
        value = lines[0][-1][1]
        if width(number(value)) <= room:
            box.right(room, 0, number(value), _tone(value, chart.log) or "bright bold")
            room -= width(number(value)) + 1
    end = box.put(0, 0, cut(chart.title, room), "muted")
    if chart.log and end + 2 + len("log axis") <= room:
        box.put(end + 2, 0, "log axis", "faint")


def _tone(value: float, log: bool) -> str:
    """The colour of a value that is not on the axis, "" for one that is."""
    mark = sign(value, log)
    return "" if not mark else "muted" if mark == "▾" and math.isfinite(value) else "danger bold"


def _draw_ticks(box: Canvas, plot: _Plot) -> None:
    for row, label in plot.axis.ticks():
        if plot.left:
            box.right(plot.left - 1, plot.top + row, label, "faint")
        box.put(plot.left, plot.top + row, ("· " * plot.width)[: plot.width], "rule")


def _label_steps(box: Canvas, plot: _Plot, chart: Chart) -> None:
    row, last = box.height - 1, str(plot.steps)
    box.put(plot.left, row, "0", "faint")
    if len(last) + 2 <= plot.width:
        box.right(plot.left + plot.width, row, last, "faint")
    middle = (plot.width - width(chart.x)) // 2
    if middle >= len(last) + 2:
        box.put(plot.left + middle, row, chart.x, "faint")


def _draw_levels(box: Canvas, plot: _Plot, chart: Chart) -> None:
    for level in chart.levels:
        if not sign(level.value, chart.log):
            dots = Dots(plot.width, plot.axis.rows)
            dots.curve([plot.dot((0, level.value)), plot.dot((plot.steps, level.value))], "rule")
            dots.onto(box, plot.left, plot.top, marks=".")


def _name_levels(box: Canvas, plot: _Plot, chart: Chart) -> None:
    """What each level means, beside its line: above it at the right, else in the nearest free place."""
    for level in chart.levels:
        if sign(level.value, chart.log):
            continue
        text = cut(level.meaning, plot.width)
        row, right = plot.row(level.value), plot.left + plot.width - width(text)
        rows = [y for y in (row - 1, row + 1) if 0 <= y - plot.top < plot.axis.rows]
        places = [(x, y) for x in range(right, plot.left - 1, -1) for y in rows] + [(plot.left + plot.width + 1, row)]
        free = (at for at in places if all(box.at(at[0] + k, at[1]) in " ·." for k in range(width(text))))
        box.put(*next(free, places[0]), text, "faint")


def _spec(index: int, frozen: bool) -> str:
    return "muted" if frozen else f"s{index % 4 + 1}"


def _draw_lines(box: Canvas, plot: _Plot, chart: Chart, lines: list[list[Step]], frozen: bool) -> list[_End]:
    dots = Dots(plot.width, plot.axis.rows)
    marks: list[tuple[int, int, str, str]] = []
    ends = []
    for index, line in enumerate(lines):
        row = plot.top
        for mark, group in groupby(line, lambda at: sign(at[1], chart.log)):
            run = list(group)
            if mark:
                row = {"▲": plot.top, "▾": plot.top + plot.axis.rows - 1}.get(mark, row)
                marks += [(plot.column(step), row, mark, _tone(value, chart.log)) for step, value in (run[0], run[-1])]
            else:
                dots.curve([plot.dot(at) for at in run], _spec(index, frozen), GAPS[index % len(GAPS)])
                row = plot.row(run[-1][1])
        if line:
            ends.append(_End(index, plot.column(line[-1][0]), row, line[-1][1]))
    dots.onto(box, plot.left, plot.top)
    for column, row, mark, spec in marks:
        box.put(column, row, mark, spec)
    return ends


def _label_ends(box: Canvas, plot: _Plot, chart: Chart, ends: list[_End], frozen: bool) -> None:
    """A disc at the end of each line; beside it its last value, after its name if there are several."""
    for end in ends:
        if not sign(end.value, chart.log):
            box.put(end.column, end.row, "●", f"{_spec(end.index, frozen)} bold")
    room = box.width - plot.left - plot.width - 2
    if room <= 0:
        return
    several = len(ends) > 1
    for end, row in zip(ends, _apart([end.row for end in ends], plot.top, plot.axis.rows)):
        text, spec = number(end.value), "muted" if frozen else "bright bold"
        if several:
            name = cut(chart.series[end.index].name, room if room < 4 + width(text) else room - width(text) - 1)
            text = f"{name} {text}" if width(name) + 1 + width(text) <= room else name
            spec = _spec(end.index, frozen)
        box.put(end.column + 2, row, text, _tone(end.value, chart.log) or spec)


def _apart(rows: list[int], top: int, height: int) -> list[int]:
    """Rows for labels, each its own and as near as can be to the one it asked for; those that find none get -1."""
    order = sorted(range(len(rows)), key=lambda k: rows[k])
    placed: list[int] = []
    for k in order:
        placed.append(max(rows[k], placed[-1] + 1 if placed else top))
    bottom = top + height
    for k in reversed(range(len(placed))):
        bottom = placed[k] = min(placed[k], bottom - 1)
    out = [-1] * len(rows)
    for k, row in zip(order, placed):
        out[k] = row if row >= top else -1
    return out


def _draw_strip(box: Canvas, chart: Chart, lines: list[list[Step]], frozen: bool) -> None:
    """What is left at one or two rows: the first line as one row of bars, and its last value."""
    if not lines or not lines[0] or not box.width:
        return
    line = lines[0]
    value = line[-1][1]
    text, row = number(value), box.height - 1
    if box.height == 2:
        box.put(0, 0, cut(chart.title, box.width), "muted")
    room = box.width
    if len(text) <= box.width:
        box.right(box.width, row, text, _tone(value, chart.log) or ("muted" if frozen else "bright bold"))
        room -= len(text) + 1
    y_axis = axis([v for _, v in line], 8, chart.log, chart.low, chart.high)
    bars = min(len(line), max(0, room))
    for column in range(bars):
        some = line[column * len(line) // bars : (column + 1) * len(line) // bars]
        _, value = next((at for at in some if sign(at[1], chart.log)), some[-1])
        mark = sign(value, chart.log)
        level = 0 if mark else min(6, max(0, 7 - round(y_axis.row(value))))
        box.put(column, row, mark or "▁▂▃▄▅▆▇"[level], _tone(value, chart.log) or _spec(0, frozen))
