"""Rows of words in columns, the chosen one marked and always in view."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from lessons.kit.pictures import Table
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut, width
from tutor.draw.rows import Row, Span, draw_rows, fitted, more, title

_MARK = 2
"""Columns for the sign of the chosen row."""

_NARROWEST = 4
"""Columns that every column of words keeps where all have to give way."""

_TITLED = 8
"""Rows from which a table that scrolls keeps its title."""

_NUMBER = re.compile(r"[-+−]?(\d[\d.,]*(e[-+−]?\d+)?|inf|nan)( ?\S{1,5})?", re.IGNORECASE)


def draw_table(canvas: Canvas, x: int, y: int, w: int, h: int, picture: Table, frozen: bool = False) -> None:
    """Draws into the box w by h at (x, y). What is above and below the rows in view is counted."""
    head, body = _rows(picture, w, frozen)
    room = max(2 if h >= _TITLED else 1, h - len(body))
    above = fitted(head, room) if h > 2 else []
    draw_rows(canvas, x, y, w, h, [*above, *_window(body, h - len(above), picture.chosen)])


def table_rows(picture: Table, w: int) -> int:
    """Rows at which the picture is comfortable."""
    return sum(map(len, _rows(picture, w, False)))


def _rows(picture: Table, w: int, frozen: bool) -> tuple[list[Row], list[Row]]:
    """The rows above the table, and its own."""
    columns = list(zip(picture.heads, *picture.rows)) if picture.heads else []
    gap = 3 if sum(max(map(width, cells)) + 3 for cells in columns) <= w else 2
    sizes = _sizes([max(map(width, cells)) for cells in columns], w - _MARK - gap * max(0, len(columns) - 1))
    right = [all(_NUMBER.fullmatch(cell.strip()) for cell in cells[1:] if cell.strip(" –-")) for cells in columns]

    def line(cells: Sequence[str], spec: str) -> list[Span]:
        spans, x = [], _MARK
        for cell, size, numbers in zip(cells, sizes, right):
            text = cut(cell, size)
            spans.append(Span(x + (size - width(text) if numbers else 0), text, spec))
            x += size + gap
        return spans

    body = []
    for place, row in enumerate(picture.rows):
        chosen = place == picture.chosen
        spec = "muted" if frozen else "bright bold" if chosen else "text"
        mark = [Span(0, "▸", "muted" if frozen else "accent bold")] if chosen else []
        body.append(Row([*mark, *line(row, spec)]))
    return [*title(picture.title), Row(line(picture.heads, "faint"))], body


def _sizes(sizes: list[int], room: int) -> list[int]:
    """Column widths that go into `room`: the widest give way first, the last of them last."""
    if sum(sizes) <= room:
        return sizes
    caps = range(_NARROWEST, max(sizes, default=0) + 1)
    cap = _NARROWEST + max(0, bisect_right(caps, room, key=lambda cap: sum(min(size, cap) for size in sizes)) - 1)
    fitting = [min(size, cap) for size in sizes]
    spare = max(0, room - sum(fitting))
    wider = [k for k, size in enumerate(sizes) if size > cap]
    for k in wider[len(wider) - spare :]:
        fitting[k] += 1
    return fitting


def _window(rows: list[Row], height: int, chosen: int | None) -> list[Row]:
    """As many rows as go in, the chosen one among them, and how many there are before and after."""
    if len(rows) <= height or height < 3:
        start = min(max(0, (chosen or 0) - max(0, height - 1)), max(0, len(rows) - height))
        return rows[start : start + max(0, height)]
    start = min(max(0, (chosen or 0) - height // 2), len(rows) - height)
    stop = start + height
    first, last = start + (start > 0), stop - (stop < len(rows))
    before = [more(first, "↑")] if first else []
    after = [more(len(rows) - last)] if last < len(rows) else []
    return [*before, *rows[first:last], *after]
