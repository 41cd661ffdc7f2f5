"""TopicList: the topics in order, how far the reader is in each, and where to go on."""

from __future__ import annotations

from textual import events
from textual.message import Message

from lessons.kit.course import Course, Topic
from tutor.draw.canvas import Canvas
from tutor.draw.prose import wrapped
from tutor.progress import Progress
from tutor.reading import sections_done
from tutor.widgets.drawn import Drawn

GUTTER = 3
WIDEST = 64
ROOMY = 33
"""Rows from which the topics have a blank one between them."""


class TopicList(Drawn):
    """One of the topics is chosen. `focused`: whether the arrows move in this list."""

    class Clicked(Message):
        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    course: Course
    progress: Progress
    chosen = 0
    focused = True

    def choose(self, number: int) -> None:
        self.chosen = min(len(self.course.topics) - 1, max(0, number))
        self.repaint()

    @property
    def _last(self) -> Topic:
        """Where the reader stopped; at the first start, the first topic."""
        topics = self.course.topics
        return next((topic for topic in topics if topic.name == self.progress.last), topics[0])

    def paint(self, canvas: Canvas) -> None:
        width = min(WIDEST, canvas.width - 2 * GUTTER)
        self._go_on(canvas, width)
        top, every, bottom = self._places(canvas.height)
        first = self._first(top, every, bottom)
        for number, topic in enumerate(self.course.topics[first:], first):
            y = top + (number - first) * every
            if y >= bottom:
                break
            self._row(canvas, y, width, number, topic)
        for row, line in enumerate(self._trouble(width)):
            canvas.put(GUTTER, canvas.height - 2 + row, line, "warn")

    def _go_on(self, canvas: Canvas, width: int) -> None:
        topic, kept = self._last, self.progress.topic(self._last.name)
        word = "Go on with" if kept.seen else "Start with"
        x = canvas.put(GUTTER, 1, word, "muted") + 1
        canvas.put(x, 1, topic.title, "bright bold")
        section = next((s.title for s in topic.page.sections if s.slug == kept.section), topic.page.sections[0].title)
        canvas.put(x, 2, section[: max(0, width - x)], "muted")

    def _row(self, canvas: Canvas, y: int, width: int, number: int, topic: Topic) -> None:
        on = number == self.chosen
        ground = " on raised" if on and self.focused else ""
        if ground:
            canvas.fill(GUTTER - 2, y, width + 2, 1, "text on raised")
            canvas.put(GUTTER - 2, y, "▌", "accent on raised")
        done, of = sections_done(topic, self.progress)
        canvas.right(GUTTER + 2, y, str(number + 1), ("muted" if on else "faint") + ground)
        name = "bright bold" if on else "muted" if done == of else "text"
        canvas.put(GUTTER + 4, y, topic.title[: max(0, width - 25)], name + ground)
        x = GUTTER + width - 21
        if done == of:
            canvas.put(x, y, "✓ done", "accent" + ground)
        elif done:
            filled = max(1, round(done / of * 6))
            canvas.put(x, y, "━" * filled, "accent" + ground)
            canvas.put(x + filled, y, "─" * (6 - filled), "rule" + ground)
            canvas.right(x + 12, y, f"{done}/{of}", "muted" + ground)
        canvas.right(GUTTER + width - 1, y, f"{topic.minutes} min", "faint" + ground)

    def _trouble(self, width: int) -> list[str]:
        """What cannot be kept, in at most two rows."""
        return wrapped(f"! {self.progress.trouble}", width, self.look.ascii)[:2] if self.progress.trouble else []

    def _places(self, height: int) -> tuple[int, int, int]:
        """The row of the first topic, rows from one to the next, and the row below the last."""
        bottom = height - 3 if self.progress.trouble else height
        return (5, 2, bottom) if height >= ROOMY else (4, 1, bottom)

    def _first(self, top: int, every: int, bottom: int) -> int:
        """The first topic that is shown, so that the chosen one is."""
        return max(0, self.chosen - max(0, bottom - top - 1) // every)

    def on_click(self, event: events.Click) -> None:
        top, every, bottom = self._places(self.size.height)
        if event.y <= 2:
            self.post_message(self.Clicked(self.course.topics.index(self._last)))
        elif top <= event.y < bottom and (event.y - top) % every == 0:
            number = self._first(top, every, bottom) + (event.y - top) // every
            if number < len(self.course.topics):
                self.post_message(self.Clicked(number))
