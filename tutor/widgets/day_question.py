"""DayQuestion: the question of the day, whole; DayRow: the same in two rows, where there is no room."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message

from tutor.draw.canvas import Canvas
from tutor.draw.prose import WIDEST, AnswerStop, Asked, Layout, lay_out_question, paint, wrapped
from tutor.review import Due
from tutor.widgets.drawn import Drawn

GUTTER = 3
TITLE = "Question of the day"


class DayQuestion(Drawn):
    """`asking`: whether the keys go to it. `picked`: the answer, from 0, once given; then it tells what is right."""

    GROUND: ClassVar[str] = "panel"

    class Clicked(Message):
        """On the answer of this number, from 0, or on what it offers: None."""

        def __init__(self, number: int | None) -> None:
            self.number = number
            super().__init__()

    due: Due | None = None
    ago = ""
    """How long ago it was answered last."""
    picked: int | None = None
    asking = False
    chosen = 0
    top = 0
    """The first row that is shown, where not all fit."""

    def ask(self, due: Due | None, now: float) -> None:
        """Another question, or none."""
        self.due, self.ago = due, due.ago(now) if due else ""
        self.picked, self.chosen, self.top = None, 0, 0

    def move(self, by: int) -> None:
        """To another answer; once answered, scrolls."""
        if self.due is None:
            return
        if self.picked is None:
            self.chosen = min(len(self.due.question.answers) - 1, max(0, self.chosen + by))
        else:
            self.top = max(0, self.top + by)
        self.repaint()

    def room(self, width: int) -> int:
        """The rows that it takes at this width, whatever is answered: nothing moves then."""
        if self.due is None:
            return 0
        return 4 + max(len(self._lay_out(width, pick).rows) for pick in range(len(self.due.question.answers)))

    @property
    def scrolls(self) -> bool:
        """Whether there are more rows of the answer than fit."""
        return self.picked is not None and self._rows(self._lay_out(self.size.width, self.picked)) > self.size.height

    def paint(self, canvas: Canvas) -> None:
        if self.due is None:
            return
        layout, width = self._lay_out(canvas.width, self.picked), self._width(canvas.width)
        total = self._rows(layout)
        self.top = min(self.top, max(0, total - canvas.height))
        if self.asking and self.picked is None:
            first, last = layout.rows_of(self.chosen)
            self.top = min(max(self.top, last + 3 - canvas.height), first)
        page = Canvas(canvas.width, max(total, canvas.height), canvas.look, self.GROUND)
        at = self.chosen if self.asking and self.picked is None else None
        paint(page, layout, GUTTER, 1, width, len(layout.rows), 0, at)
        if self.picked is not None:
            y = len(layout.rows) + 1
            x = page.put(GUTTER, y, "▸ ", "accent")
            page.put(x, y, self.due.section.title[: width - 2], "accent underline")
        canvas.paste(page, 0, -self.top)

    def _lay_out(self, width: int, picked: int | None) -> Layout:
        assert self.due is not None
        room = self._width(width) - len(TITLE) - 2
        hints = (f"from {self.due.topic.title}, {self.ago}", self.ago)
        return lay_out_question(
            self.due.question,
            self._width(width),
            word=TITLE,
            hint=next((hint for hint in hints if len(hint) <= room), ""),
            asked=Asked(picked, told=picked is not None),
            ascii_only=self.look.ascii,
        )

    def _rows(self, layout: Layout) -> int:
        """With what it offers, once it is answered, and the blank rows."""
        return len(layout.rows) + (4 if self.picked is not None else 2)

    @staticmethod
    def _width(width: int) -> int:
        return max(1, min(WIDEST, width - 2 * GUTTER))

    def on_click(self, event: events.Click) -> None:
        if self.due is None:
            return
        layout, row = self._lay_out(self.size.width, self.picked), event.y + self.top - 1
        choice = layout.rows[row].choice if 0 <= row < len(layout.rows) else None
        if choice is not None and isinstance(stop := layout.stops[choice], AnswerStop):
            self.post_message(self.Clicked(stop.answer))
        elif self.picked is not None and row == len(layout.rows):
            self.post_message(self.Clicked(None))


class DayRow(Drawn):
    """What is asked, as far as it fits in a row; the key `d` shows it whole."""

    class Clicked(Message):
        pass

    due: Due | None = None
    ago = ""

    def paint(self, canvas: Canvas) -> None:
        if self.due is None:
            return
        width = min(WIDEST, canvas.width - 2 * GUTTER)
        canvas.put(GUTTER, 1, TITLE, "accent bold")
        canvas.right(GUTTER + width - 4, 1, self.ago, "faint")
        canvas.right(GUTTER + width, 1, "d", "bright bold")
        line, *more = wrapped(self.due.question.text.replace("`", ""), width - 2, self.look.ascii)
        canvas.put(GUTTER, 2, f"{line} …" if more else line, "text")

    def on_click(self) -> None:
        self.post_message(self.Clicked())
