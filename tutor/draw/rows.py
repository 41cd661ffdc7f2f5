"""A picture as rows of text, and which of them go where there is too little room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut, width


class Span(NamedTuple):
    """Text at a column, in a style."""

    x: int
    text: str
    spec: str = "text"


@dataclass(frozen=True)
class Row:
    """What stands on one row. The higher its `rank` the sooner it goes; rank 0 is what the picture is about."""

    spans: Sequence[Span] = field(default=())
    rank: int = 0


def draw_rows(canvas: Canvas, x: int, y: int, w: int, h: int, rows: Sequence[Row]) -> None:
    """Writes as many rows as go into the box w by h at (x, y), and no cell beside it."""
    box = Canvas(w, h, canvas.look, canvas.ground)
    for place, row in enumerate(fitted(rows, box.height)):
        for span in row.spans:
            box.put(span.x, place, cut(span.text, box.width - span.x), span.spec)
    canvas.paste(box, x, y)


def fitted(rows: Sequence[Row], height: int) -> list[Row]:
    """The rows to show in `height`: rank by rank goes as a whole, and of what is left the last, which is then said.

    Where not even rank 0 goes in whole, the key stays beside what does, unless that would be under three rows.
    """
    kept = list(rows)
    ranks = sorted({row.rank for row in rows if row.rank}, reverse=True)
    items, keys = (sum(row.rank == rank for row in rows) for rank in (0, KEY))
    if items > height >= keys + 3:
        ranks = [rank for rank in ranks if rank != KEY]
    for rank in ranks:
        if len(kept) <= height:
            break
        kept = [row for row in kept if row.rank != rank]
    missing = len(kept) - height
    if missing <= 0 or height < 2:
        return kept[: max(0, height)]
    places = [place for place, row in enumerate(kept) if row.rank == 0]
    first = places[-1 - missing]
    return [*kept[:first], more(missing + 1), *kept[places[-1] + 1 :]]


def more(count: int, sign: str = "↓") -> Row:
    """The row that says how many others there are in a direction."""
    return Row([Span(0, f"{sign} {count} more", "faint")])


def title(text: str, after: str = "") -> list[Row]:
    """The head of a picture: its title, what goes with it, and a blank row; the blank goes early, the title late."""
    spans = [Span(0, text, "muted")]
    if after:
        spans.append(Span(width(text) + 2, after, "faint"))
    return [Row(spans, TITLE), Row(rank=AIR)]


KEY, TITLE, DETAIL, GAPS, AIR = 1, 2, 3, 4, 5
"""Ranks that all pictures share, from what stays longest to what goes first."""
