"""GPUs on a screen: a row each with its history, and the chosen one's as an area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics.finding import Finding
from diagnostics.gpus.reading import Point, Reading, Sample
from tutor.draw.canvas import Canvas, Dots
from tutor.draw.glyphs import cut, width
from tutor.draw.prose import styled
from tutor.gpu_words import GIB, gib, short_name, state_of, why_unread

BAR = 2
"""Columns left of a list in which the bar of the chosen row stands."""
BLOCKS = "▁▂▃▄▅▆▇"
"""Of a history: the top eighth stays empty, so that rows do not run together."""
MINUTE = 60.0
WIDEST_SENTENCE = 100
WIDE, WIDEST = 96, 130
"""Columns from which there is room for longer names, bars and histories."""


# One row a GPU


@dataclass(frozen=True)
class Columns:
    """How wide the columns of the list of GPUs are, from the left; 0 for one that there is no room for.

    The first four end with their gap, the others begin with it.
    """

    number: int
    name: int
    state: int
    history: int
    percent: int
    bar: int
    memory: int
    degrees: int
    watts: int
    clock: int

    @classmethod
    def within(cls, w: int, gpus: Sequence[Reading]) -> Columns:
        """As the names of `gpus` need it. What tells most takes its room first."""
        number = max(len(number_of(gpu)) for gpu in gpus) + 1
        name = min(max(width(short_name(gpu)) for gpu in gpus), 24 if w >= WIDE else 18) + 1
        asked = (
            ("number", number),
            ("name", min(name, 5)),
            ("percent", 6),
            ("state", 9 if w >= WIDE else 8),
            ("memory", 9),
            ("degrees", 5),
            ("watts", 6),
            ("whole name", name - min(name, 5)),
            ("history", 9),
            ("bar", 10),
            ("clock", 7 if w >= 84 else 0),
            ("wider bar", 6 if w >= WIDE else 0),
            ("widest bar", 6 if w >= WIDEST else 0),
        )
        taken: dict[str, int] = {}
        for what, size in asked:
            size = min(size, max(0, w)) if what in ("number", "name", "whole name") else size
            taken[what] = size if size <= w else 0
            w -= taken[what]
        return cls(
            number=taken["number"],
            name=taken["name"] + taken["whole name"],
            state=taken["state"],
            history=taken["history"] and taken["history"] + w,
            percent=taken["percent"],
            bar=taken["bar"] and taken["bar"] + taken["wider bar"] + taken["widest bar"],
            memory=taken["memory"],
            degrees=taken["degrees"],
            watts=taken["watts"],
            clock=taken["clock"],
        )


def number_of(gpu: Reading) -> str:
    return "?" if gpu.index is None else str(gpu.index)


def draw_heads(canvas: Canvas, x: int, y: int, columns: Columns, sample: Sample, seconds: float) -> None:
    """The heads of the columns."""
    totals = {round(one.memory_total / GIB) for one in sample.readings if one.memory_total}
    canvas.put(x, y, cut("GPU", columns.number + columns.name), "muted")
    at = x + columns.number + columns.name + columns.state
    head = f"utilisation, last {seconds:.0f} s" if columns.history > 24 else "utilisation"
    room = columns.history + columns.percent
    canvas.put(at, y, cut(head if room >= len("utilisation") else "busy", room), "muted")
    at += room
    of = f"memory of {totals.pop()} GiB" if len(totals) == 1 else "memory, GiB"
    gap = 2 if columns.bar else 1
    room = columns.bar + columns.memory - gap
    canvas.put(at + gap, y, cut(of if room >= len("memory, GiB") else "GiB".rjust(room), room), "muted")
    at += gap + room
    for head, size in (("°C", columns.degrees), ("W", columns.watts), ("MHz", columns.clock)):
        at += size
        if size:
            canvas.right(at, y, head, "muted")


def draw_gpu(
    canvas: Canvas,
    x: int,
    y: int,
    w: int,
    columns: Columns,
    gpu: Reading,
    points: Sequence[Point],
    now: float,
    *,
    on: bool,
    stale: bool,
    finding: Finding | None = None,
) -> None:
    """One GPU in a row. `on`: it is the chosen one; `stale`: NVML is silent, and all of it is old.

    `finding`: the worst that the doctor says of it.
    """
    ground = choose_row(canvas, x, y, w) if on else ""
    canvas.put(x, y, cut(number_of(gpu), columns.number), ("bright bold" if on else "text") + ground)
    canvas.put(x + columns.number, y, cut(short_name(gpu), columns.name - 1), "muted" + ground)
    word, spec = state_of(gpu, finding)
    at = x + columns.number + columns.name
    if gpu.state in ("failed", "asleep"):
        canvas.put(at, y, cut(why_unread(gpu, now), x + w - at), spec + ground)
        return
    canvas.put(at, y, cut(word, max(0, columns.state - 1)), spec + ground)
    at += columns.state
    if columns.history:
        draw_history(canvas, at, y, columns.history - 1, points, now, ("muted" if stale else _series(canvas)) + ground)
        at += columns.history
    value = "muted" if stale else "text"
    alarm = "warn bold" if gpu.alarms and not stale else value
    at = _cell(canvas, at, y, columns.percent, _shown(gpu.utilisation, " %"), value + ground)
    if columns.bar:
        room = columns.bar - 2
        draw_share(canvas, at + 2, y, room, gpu.memory_used, gpu.memory_total, ground, stale=stale)
        at += columns.bar
    for text, size, style in (
        (gib(gpu.memory_used), columns.memory, value),
        (_shown(gpu.temperature), columns.degrees, alarm),
        (_shown(gpu.power), columns.watts, value),
        (_shown(gpu.clock), columns.clock, alarm),
    ):
        at = _cell(canvas, at, y, size, text, style + ground)


def choose_row(canvas: Canvas, x: int, y: int, w: int) -> str:
    """Draws what a chosen row stands on; how styles say that they stand on it."""
    canvas.fill(x - BAR, y, w + BAR, 1, "text on raised")
    canvas.put(x - BAR, y, "▌", "accent on raised")
    return " on raised"


def _cell(canvas: Canvas, x: int, y: int, size: int, text: str, spec: str) -> int:
    """A value at the right of its column; the column after it."""
    text = cut(text, max(0, size - 1))
    canvas.put(x + size - width(text), y, text, spec)
    return x + size


def _shown(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{value:.0f}{unit}"


def _series(canvas: Canvas) -> str:
    return "accent" if canvas.look.flat else "fill"


def draw_history(canvas: Canvas, x: int, y: int, w: int, points: Sequence[Point], now: float, spec: str) -> None:
    """The last minute in one row, a block a column, the newest at the right; a column without a reading is empty."""
    quiet = " on ".join(["rule", *spec.split(" on ")[1:]])
    for column, value in enumerate(_columns(points, now, w, MINUTE)):
        if value is not None:
            block = BLOCKS[min(len(BLOCKS) - 1, int(value / 100 * len(BLOCKS)))]
            canvas.put(x + column, y, block, spec if value >= 1 else quiet)


def _columns(points: Sequence[Point], now: float, w: int, seconds: float) -> list[float | None]:
    """The utilisation in each of `w` columns that stand for the last `seconds`: the mean of what was read in it."""
    sums, counts = [0.0] * w, [0] * w
    for point in reversed(points):
        column = w - 1 - int((now - point.time) / seconds * w)
        if column < 0:
            break
        if column < w and point.utilisation is not None:
            sums[column] += point.utilisation
            counts[column] += 1
    means = [total / count if count else None for total, count in zip(sums, counts)]
    known = [at for at, mean in enumerate(means) if mean is not None]
    # Between two readings a second apart there is nothing unknown: the column takes the one before.
    reach = math.ceil(1.5 * w / seconds)
    for before, after in zip(known, known[1:]):
        if after - before <= reach:
            means[before + 1 : after] = [means[before]] * (after - before - 1)
    return means


def draw_share(
    canvas: Canvas, x: int, y: int, w: int, part: int | None, whole: int | None, ground: str, *, stale: bool = False
) -> None:
    """A bar: how much of a whole."""
    if part is None or not whole:
        return
    filled = min(w, max(1 if part > whole / 1000 else 0, round(part / whole * w)))
    canvas.put(x, y, "━" * filled, ("muted" if stale else "accent") + ground)
    canvas.put(x + filled, y, "─" * (w - filled), "rule" + ground)


# The chosen one


def draw_sentence(canvas: Canvas, x: int, y: int, w: int, text: str, spec: str) -> int:
    """What there is to say of it, at most WIDEST_SENTENCE wide; the row after."""
    for spans in styled(text, min(w, WIDEST_SENTENCE), spec, canvas.look.ascii) if text else []:
        at = x
        for span in spans:
            at = canvas.put(at, y, span.text, span.spec)
        y += 1
    return y


def draw_area(canvas: Canvas, x: int, y: int, w: int, h: int, points: Sequence[Point], now: float) -> None:
    """Ten minutes of utilisation as an area, with what its axes mean."""
    left, right = 6, 14 if w >= 60 else 0
    plot = w - left - right
    if plot < 1:
        return
    canvas.right(x + left - 1, y, "100 %", "faint")
    canvas.right(x + left - 1, y + h - 1, "0", "faint")
    if right:
        canvas.put(x + left + plot + 2, y, "utilisation", "muted")
        canvas.put(x + left + plot + 2, y + h - 1, "10 min", "faint")
    dots = Dots(plot, h)
    bottom = 4 * h - 1
    for column, value in enumerate(_columns(points, now, 2 * plot, 10 * MINUTE)):
        if value is not None:
            dots.line(column, bottom, column, bottom * (1 - min(value, 100) / 100), _series(canvas))
    dots.onto(canvas, x + left, y)
