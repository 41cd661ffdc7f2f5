"""SectionView: one section of a lesson, scrolled by rows, with links and answers that can be chosen."""

from __future__ import annotations

from textual import events
from textual.message import Message

from tutor.draw.canvas import Canvas
from tutor.draw.prose import AnswerStop, Layout, Stop, lay_out, paint
from tutor.reading import Reading
from tutor.widgets.drawn import Drawn

GUTTER = 3


class SectionView(Drawn):
    """Shows `reading`'s section. The chosen stop is a place in it: a link, or an answer of the open question."""

    class StopClicked(Message):
        def __init__(self, chosen: Stop) -> None:
            self.chosen = chosen
            super().__init__()

    reading: Reading | None = None
    top = 0
    """The first row shown."""
    chosen: int | None = None
    """The chosen stop, by its number in the layout."""

    def open(self) -> None:
        """Shows the section from its top; an open question has its first answer chosen."""
        self.top, self.chosen = 0, None
        layout = self.laid_out()
        if any(isinstance(stop, AnswerStop) for stop in layout.stops):
            self.chosen = next(i for i, stop in enumerate(layout.stops) if isinstance(stop, AnswerStop))
        self.repaint()

    def laid_out(self, width: int = 0, height: int = 0) -> Layout:
        assert self.reading is not None
        return lay_out(
            self.reading.section,
            (width or self.size.width) - 2 * GUTTER,
            asked=self.reading.asked,
            locked=self.reading.locked,
            current=self.reading.target,
            roomy=(height or self.size.height) >= 26,
        )

    @property
    def stop(self) -> Stop | None:
        stops = self.laid_out().stops
        return stops[self.chosen] if self.chosen is not None and self.chosen < len(stops) else None

    @property
    def page(self) -> int:
        """Rows of a screen, less one that stays for the eye."""
        return max(1, self.size.height - 3)

    def scroll_rows(self, rows: int) -> bool:
        """Moves by `rows`; False where the end was already reached."""
        end = max(0, len(self.laid_out().rows) - self._room)
        offset = min(end, max(0, self.top + rows))
        moved = offset != self.top
        self.top = offset
        self.repaint()
        return moved

    def choose(self, by: int) -> bool:
        """To the next or previous stop, an open question counting as one; False past the last."""
        stops = self.laid_out().stops
        order = [i for i, stop in enumerate(stops) if not self._same_question(stops, i, i - 1)]
        if self.chosen is None:
            at = -1 if by > 0 else len(order)
        else:
            at = max((n for n, first in enumerate(order) if first <= self.chosen), default=0)
        at += by
        self.chosen = order[at] if 0 <= at < len(order) else None
        self._reveal()
        return self.chosen is not None

    def choose_answer(self, by: int) -> bool:
        """Another answer of the question that the chosen stop belongs to; False where it is none."""
        stops = self.laid_out().stops
        if not isinstance(self.stop, AnswerStop) or self.chosen is None:
            return False
        if 0 <= self.chosen + by < len(stops) and self._same_question(stops, self.chosen, self.chosen + by):
            self.chosen += by
            self._reveal()
        return True

    def leave(self) -> None:
        self.chosen = None
        self.repaint()

    def paint(self, canvas: Canvas) -> None:
        if self.reading is None:
            return
        layout = self.laid_out(canvas.width, canvas.height)
        width = canvas.width - 2 * GUTTER
        room = max(1, canvas.height - 1)
        self.top = min(self.top, max(0, len(layout.rows) - 1))
        paint(canvas, layout, GUTTER, 1, width, room, self.top, self.chosen)
        hidden = len(layout.rows) - self.top - room
        while hidden > 0 and not layout.rows[-1].spans and hidden == 1:
            hidden = 0
        if hidden > 0:
            canvas.fill(0, canvas.height - 1, canvas.width, 1, "text")
            canvas.put(GUTTER, canvas.height - 1, "▾ more", "accent")
            canvas.right(canvas.width - GUTTER, canvas.height - 1, "↓ or pgdn", "faint")

    def on_click(self, event: events.Click) -> None:
        layout = self.laid_out()
        y, x = event.y - 1 + self.top, event.x - GUTTER
        if not 0 <= y < len(layout.rows):
            return
        row = layout.rows[y]
        number, cursor = row.choice, row.indent
        for span in row.spans:
            if span.stop is not None and cursor <= x < cursor + len(span.text):
                number = span.stop
            cursor += len(span.text)
        if number is not None:
            self.post_message(self.StopClicked(layout.stops[number]))

    def on_mouse_scroll_down(self) -> None:
        self.scroll_rows(3)

    def on_mouse_scroll_up(self) -> None:
        self.scroll_rows(-3)

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 2)

    @staticmethod
    def _same_question(stops: list[Stop], a: int, b: int) -> bool:
        if b < 0 or not isinstance(first := stops[a], AnswerStop) or not isinstance(second := stops[b], AnswerStop):
            return False
        return first.question == second.question

    def _reveal(self) -> None:
        """Scrolls so far that the chosen stop is on the screen."""
        if self.chosen is not None:
            first, last = self.laid_out().rows_of(self.chosen)
            if first < self.top:
                self.top = first
            elif last >= self.top + self._room:
                self.top = last - self._room + 1
        self.repaint()
