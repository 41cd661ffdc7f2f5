"""SectionView: one section of a lesson, scrolled by rows, with links and answers that can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Protocol

from textual import events
from textual.message import Message

from lessons.kit.page import Section
from tutor.draw.canvas import Canvas
from tutor.draw.prose import AnswerStop, Asked, Layout, Row, Stop, lay_out, paint
from tutor.widgets.drawn import Drawn

GUTTER = 3


class Shown(Protocol):
    """What is shown: a section of a lesson as the reader stands in it, or the task of an exercise."""

    @property
    def section(self) -> Section: ...
    @property
    def asked(self) -> Mapping[str, Asked]: ...
    @property
    def locked(self) -> bool: ...
    @property
    def target(self) -> str: ...


class SectionView(Drawn):
    """Shows `reading`'s section. The chosen stop is a place in it: a link, or an answer of the open question."""

    class StopClicked(Message):
        def __init__(self, chosen: Stop) -> None:
            self.chosen = chosen
            super().__init__()

    reading: Shown | None = None
    top = 0
    """The first row shown."""
    chosen: int | None = None
    """The chosen stop, by its number in the layout."""
    _stands = (0, 0)
    """The first row that the reader asked for, and how many letters stand above it, however lines are broken."""
    _painted_at = _read_at = (0, 0)
    """The size at the last painting, and when the reader asked for that row."""
    _to_show: Callable[[Layout], tuple[int, int]] | None = None
    """Which rows the next painting has to show: only then is the height known."""

    def open(self) -> None:
        """Shows the section from its top; an open question has its first answer chosen."""
        self.top, self.chosen, self._stands = 0, None, (0, 0)
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
            ascii_only=self.look.ascii,
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
        before, layout = self.top, self.laid_out()
        self.top += rows
        self._settle(layout, max(1, self.size.height - 2))
        self._stand(layout)
        self.repaint()
        return self.top != before

    def show_question(self, name: str) -> None:
        """Scrolls to a question, whose answer is told now."""
        self._to_show = lambda layout: layout.questions.get(name, (0, 0))
        self.repaint()

    def show_word(self, word: str) -> None:
        """Scrolls to where a section word stands, and as much of what follows it as goes in."""
        self._to_show = lambda layout: (layout.row_of(word), _used(layout) - 1)
        self.repaint()

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
        room = max(1, canvas.height - 2)
        if self._painted_at != (canvas.width, canvas.height):
            self._painted_at = (canvas.width, canvas.height)
            self._return(layout)
        asked = self._to_show is not None
        self._settle(layout, room)
        if asked:
            self._stand(layout)
        paint(canvas, layout, GUTTER, 1, canvas.width - 2 * GUTTER, room, self.top, self.chosen)
        if self.top + room < _used(layout):
            canvas.put(GUTTER, canvas.height - 1, "▾ more", "accent")
            canvas.right(canvas.width - GUTTER, canvas.height - 1, "down or pgdn", "faint")

    def _settle(self, layout: Layout, room: int) -> None:
        """Keeps the top in range, and scrolls to the rows that have to be seen."""
        if self._to_show is not None:
            first, last = self._to_show(layout)
            self.top = min(first, max(self.top, last - room + 1))
            self._to_show = None
        self.top = max(0, min(self.top, _used(layout) - room))

    def _stand(self, layout: Layout) -> None:
        self._stands, self._read_at = (self.top, sum(map(_letters, layout.rows[: self.top]))), self._painted_at

    def _return(self, layout: Layout) -> None:
        """At another size, to the row that has what stood at the top."""
        self.top, letters = self._stands
        if self._read_at != self._painted_at and letters:
            above = [0, *accumulate(map(_letters, layout.rows))]
            self.top = max(row for row, before in enumerate(above) if before <= letters)

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

    @staticmethod
    def _same_question(stops: list[Stop], a: int, b: int) -> bool:
        if b < 0 or not isinstance(first := stops[a], AnswerStop) or not isinstance(second := stops[b], AnswerStop):
            return False
        return first.question == second.question

    def _reveal(self) -> None:
        """Scrolls so far that the chosen stop is on the screen."""
        if (chosen := self.chosen) is not None:
            self._to_show = lambda layout: layout.rows_of(chosen)
        self.repaint()


def _letters(row: Row) -> int:
    """How many there are in a row, blanks left out: lines are broken at them."""
    return sum(len(span.text) - span.text.count(" ") for span in row.spans)


def _used(layout: Layout) -> int:
    """Rows up to the last that is not blank."""
    blank = next((n for n, row in enumerate(reversed(layout.rows)) if row.spans), 0)
    return len(layout.rows) - blank
