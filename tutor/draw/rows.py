"""A picture as rows of text, and which of them go where there is too little room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut


class Span(NamedTuple):
    """Text at a column, in a style."""

    x: int
    text: str
    spec: str = "text"


@dataclass(frozen=True)
class Row:
    """What stands on one row. The higher its `rank` the sooner it goes; those of rank 0 are what the picture is about."""

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
    """The rows to show in `height`: rank by rank goes as a whole, and of what is left the last, which is then said."""
    kept = list(rows)
    for rank in sorted({row.rank for row in rows if row.rank}, reverse=True):
        if len(kept) <= height:
            return kept
        kept = [row for row in kept if row.rank < rank]
    if len(kept) <= height or height < 2:
        return kept[: max(0, height)]
    return [*kept[: height - 1], more(len(kept) - height + 1)]


def more(count: int, sign: str = "↓") -> Row:
    """The row that says how many others there are in a direction."""
    return Row([Span(0, f"{sign} {count} more", "faint")])


def title(text: str, after: str = "") -> list[Row]:
    """The head of a picture: its title, what goes with it, and a blank row; the blank goes early, the title late."""
    spans = [Span(0, text, "muted")]
    if after:
        spans.append(Span(len(text) + 2, after, "faint"))
    return [Row(spans, TITLE), Row(rank=AIR)]


KEY, TITLE, DETAIL, GAPS, AIR = 1, 2, 3, 4, 5
"""Ranks that all pictures share, from what stays longest to what goes first."""
