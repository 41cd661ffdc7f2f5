"""FindingList: what is checked, how that stands, what was found so far, and what a script printed last."""

from __future__ import annotations

from textual import events
from textual.message import Message

from tutor.draw.canvas import Canvas
from tutor.draw.findings import draw_list, list_below, list_rows, list_top
from tutor.draw.glyphs import cut, width
from tutor.found import Found
from tutor.report.findings import counted
from tutor.widgets.ask_field import draw_paragraph
from tutor.widgets.drawn import Drawn

GUTTER = 3
TALL = 30
"""Rows from which findings have a blank one between them."""
PRINTED = 4
"""Rows of what the script printed."""


class FindingList(Drawn):
    class Clicked(Message):
        """A finding was clicked: the one `by` rows from the chosen one."""

        def __init__(self, by: int) -> None:
            self.by = by
            super().__init__()

    check: Found
    tells_printed = True
    """Whether what the script printed is told here, and not beside it."""
    _top = 0
    """The row in which the list begins."""
    _room = 1
    """How many rows it has."""

    def paint(self, canvas: Canvas) -> None:
        w = max(1, canvas.width - 2 * GUTTER)
        y = self._top = self.head(canvas, w)
        hidden = counted(self.check.hidden)
        room = canvas.height - y - (2 if hidden else 0) - self.foot(canvas, w)
        findings, chosen = self.check.findings, self.check.chosen
        if chosen is not None:
            at, among = findings.index(chosen), self.check.found
            rows = list_rows(findings, w, roomy=self._roomy)
            if more := rows[-1].stop > room > 2:
                room -= 1
            self._room = room
            draw_list(canvas, GUTTER, y, w, room, findings, at, among, self.check.theme, roomy=self._roomy)
            if more:
                below = list_below(rows, at, room)
                canvas.put(GUTTER, y + room, f"▾ {below} more" if below else "▴ more above", "accent")
                y += 1
            y += min(room, rows[-1].stop) + 1
        if hidden:
            canvas.put(canvas.put(GUTTER, y, f"– {hidden}", "faint") + 3, y, "a shows it", "faint")

    @property
    def _roomy(self) -> bool:
        return self.size.height >= TALL

    def head(self, canvas: Canvas, w: int) -> int:
        """What is checked, how that stands, and what to make of it; the row after."""
        standing = self.check.standing
        canvas.right(GUTTER + w, 1, standing.word, standing.style)
        canvas.put(GUTTER, 1, cut(self.check.shown, w - width(standing.word) - 3), "bright bold")
        y = 3
        if standing.heading:
            canvas.put(GUTTER, y, standing.heading, "bright")
            y += 1
        return draw_paragraph(canvas, GUTTER, y, w, standing.sentence, "muted") + 1

    def foot(self, canvas: Canvas, w: int) -> int:
        """Draws the last lines of a script at the bottom; how many rows they take."""
        lines = self.check.printed[-PRINTED:] if self.tells_printed else ()
        if not lines or canvas.height < 16:
            return 0
        y = canvas.height - len(lines) - 1
        canvas.put(GUTTER, y - 1, "it printed", "faint")
        for row, line in enumerate(lines):
            canvas.put(GUTTER, y + row, cut(line, w), "muted")
        return len(lines) + 3

    def on_click(self, event: events.Click) -> None:
        findings, chosen = self.check.findings, self.check.chosen
        if chosen is None:
            return
        rows = list_rows(findings, max(1, self.size.width - 2 * GUTTER), roomy=self._roomy)
        at = findings.index(chosen)
        y = event.y - self._top + list_top(rows, at, self._room)
        for number, row in enumerate(rows):
            if y in row:
                self.post_message(self.Clicked(number - at))
