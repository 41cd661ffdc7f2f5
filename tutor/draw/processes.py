"""The processes on GPUs, a row each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics.gpus.reading import Process
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut, width
from tutor.draw.gpus import choose_row
from tutor.gpu_words import gib, lasted, process_name

PID, MEMORY = 9, 11
SHORTEST = 8
"""Columns of a name that is worth showing."""
WIDE = 84


@dataclass(frozen=True)
class Columns:
    """How wide the columns are; 0 for one that there is no room for."""

    user: int
    name: int
    gpus: int
    memory: int
    since: int

    @classmethod
    def within(cls, w: int) -> Columns:
        wide = w >= WIDE
        rest = w - PID - SHORTEST
        sizes = []
        for size in (MEMORY, 12 if wide else 8, 12 if wide else 9, 9 if wide else 0):  # the dearest first
            sizes.append(size if size <= rest else 0)
            rest -= sizes[-1]
        memory, gpus, user, since = sizes
        return cls(user, max(0, SHORTEST + rest), gpus, memory, since)


def draw_processes(
    canvas: Canvas, x: int, y: int, w: int, h: int, processes: Sequence[Process], chosen: int | None, now: float
) -> range:
    """Heads and as many processes as there is room for; those that are shown.

    `chosen` is one of them, None where the focus is elsewhere.
    """
    columns = Columns.within(w)
    at = x
    for head, size in (("pid", PID), ("user", columns.user), ("process", columns.name)):
        if size:
            canvas.put(at, y, cut(head, min(size, x + w - at)), "muted")
        at += size
    for head, size in (("GPUs", columns.gpus), ("memory", columns.memory), ("since", columns.since)):
        at += size
        if size:
            canvas.right(at, y, head, "muted")
    rows = max(0, h - 1)
    if more := len(processes) > rows > 1:
        rows -= 1
    top = max(0, (chosen or 0) - rows + 1)
    shown = range(top, min(len(processes), top + rows))
    for row, at in enumerate(shown, 1):
        _draw_process(canvas, x, y + row, w, columns, processes[at], now, on=at == chosen)
    if more:
        told = f"{top + 1} to {shown.stop} of {len(processes)}"
        canvas.put(x, y + rows + 1, cut(told, w), "faint")
    return shown


def _draw_process(
    canvas: Canvas, x: int, y: int, w: int, columns: Columns, one: Process, now: float, *, on: bool
) -> None:
    ground = choose_row(canvas, x, y, w) if on else ""
    canvas.put(x, y, cut("–" if one.host_pid else str(one.pid), min(PID - 1, w)), "faint" + ground)
    at = x + PID
    if columns.user:
        canvas.put(at, y, cut(one.user or "?", columns.user - 2), "text" + ground)
        at += columns.user
    spec = "muted" if one.host_pid else "bright" if on else "text"
    canvas.put(at, y, cut(process_name(one), columns.name - 1), spec + ground)
    at += columns.name
    memory = "–" if one.memory is None else f"{gib(one.memory)} GiB"
    since = "" if one.started is None else lasted(now - one.started)
    for text, size, spec in (
        (" ".join(map(str, one.gpus)), columns.gpus, "text"),
        (memory, columns.memory, "text"),
        (since, columns.since, "faint"),
    ):
        at += size
        if size:
            text = cut(text, size - 1)
            canvas.put(at - width(text), y, text, spec + ground)
