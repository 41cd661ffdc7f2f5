"""TextPage: text as it is printed, to be read or selected, scrolled by rows."""

from __future__ import annotations

from tutor.draw.canvas import Canvas
from tutor.widgets.drawn import Drawn

GUTTER = 3


class TextPage(Drawn):
    lines: tuple[str, ...] = ()
    top = 0

    def show(self, text: str) -> None:
        self.lines = tuple(text.split("\n"))
        self.repaint()

    def scroll_rows(self, rows: int) -> None:
        self.top += rows
        self.repaint()

    def paint(self, canvas: Canvas) -> None:
        room = max(1, canvas.height - 2)
        self.top = max(0, min(self.top, len(self.lines) - room))
        for row, line in enumerate(self.lines[self.top : self.top + room]):
            canvas.put(GUTTER, 1 + row, line, "text")
        if self.top + room < len(self.lines):
            canvas.put(GUTTER, canvas.height - 1, "▾ more", "accent")
