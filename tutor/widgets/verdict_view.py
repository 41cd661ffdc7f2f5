"""VerdictView: what came of the reader's code, property by property, and how its file is watched."""

from __future__ import annotations

from typing import ClassVar

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut
from tutor.draw.prose import Span, styled
from tutor.practice.told import Row, Told
from tutor.widgets.drawn import Drawn

GUTTER = 3
SIGNS = 15
"""Columns of a sign with its word."""

HEAD = 2
"""Rows of the head: how it stands, and a blank one."""

ROOMY = 12
"""Rows from which there is a blank one above the head."""

SPARE = 3
"""Rows kept free for a counterexample, so that the code above does not move when one comes."""


Lines = list[list[Span]]
"""The rows that a text takes."""


class VerdictView(Drawn):
    GROUND: ClassVar[str] = "panel"

    told = Told()
    way = ""
    """How changes of the file are noticed."""

    def show(self, told: Told, way: str) -> None:
        self.told, self.way = told, way
        self.repaint()

    def rows_wanted(self, columns: int) -> int:
        """How many rows it needs in so many columns."""
        return HEAD + 2 + sum(len(_lines(row, columns, self.look.ascii)) for row in self.told.rows)

    def paint(self, canvas: Canvas) -> None:
        top = 1 if canvas.height >= ROOMY else 0
        x = canvas.put(GUTTER, top, self.told.state, f"{self.told.tone} bold")
        room = canvas.width - GUTTER - x - 2
        canvas.right(canvas.width - GUTTER, top, cut(self.way, room), "faint")
        lines = [(row, _lines(row, canvas.width, canvas.look.ascii)) for row in self.told.rows]
        y = top + HEAD
        for row, texts in _fitted(lines, canvas.height - y):
            canvas.put(GUTTER, y, row.sign, row.tone)
            for spans in texts:
                x = GUTTER + (SIGNS if row.sign else 0)
                for span in spans:
                    x = canvas.put(x, y, span.text, span.spec)
                y += 1


def _lines(row: Row, columns: int, ascii_only: bool) -> Lines:
    room = columns - 2 * GUTTER - (SIGNS if row.sign else 0)
    if row.text.startswith("  "):  # code and output stay as they are
        return [[Span(cut(row.text, room), row.spec)]]
    return styled(row.text, max(10, room), row.spec, ascii_only)


def _fitted(lines: list[tuple[Row, Lines]], height: int) -> list[tuple[Row, Lines]]:
    """As many rows as go in; those of the highest rank go first, from the end."""
    kept = list(lines)
    while kept and sum(len(texts) for _, texts in kept) > height:
        highest = max(row.rank for row, _ in kept)
        last = max(place for place, (row, _) in enumerate(kept) if row.rank == highest)
        if len(kept) == 1:
            return [(kept[0][0], kept[0][1][: max(0, height)])]
        del kept[last]
    return kept
