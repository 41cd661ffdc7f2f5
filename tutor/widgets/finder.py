"""Finder: a search field and what it finds, in place of the text. Letters type; enter and arrows leave the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.message import Message

from lessons.kit.search import Hit
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut
from tutor.draw.prose import wrapped
from tutor.widgets.drawn import Drawn
from tutor.widgets.line import Line

GUTTER = 3
ROWS = 3
"""Rows of a hit."""


class Finder(Drawn, can_focus=True):
    takes_letters = True
    """All that types belongs here while it has the focus."""

    class Chosen(Message):
        """A hit was chosen."""

        def __init__(self, hit: Hit) -> None:
            self.hit = hit
            super().__init__()

    class Left(Message):
        """The search was given up."""

    title = "Search"
    hits: Sequence[Hit] = ()
    at = 0

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.search: Callable[[str], Sequence[Hit]] = lambda words: ()
        self.names: Mapping[str, str] = {}
        """The titles of topics and sections, by name and slug."""
        self.elsewhere: Callable[[str], int] = lambda words: 0
        """How many hits lie outside of what is searched."""
        self.others = 0

    def open(self) -> None:
        self.line.set("")
        self._search()
        self.repaint()
        self.screen.set_focus(self)  # at once: letters may be on their way

    def on_key(self, event: events.Key) -> None:
        """Everything that types stays here; all else is the screen's."""
        if event.key == "escape":
            self.post_message(self.Left())
        elif event.key == "enter":
            if self.hits:
                self.post_message(self.Chosen(self.hits[self.at]))
        elif event.key in ("up", "down"):
            step = 1 if event.key == "down" else -1
            self.at = min(max(0, len(self.hits) - 1), max(0, self.at + step))
        elif event.key == "backspace" and not self.line.text:
            self.post_message(self.Left())
        elif self.line.key(event):
            self._search()
        else:
            return
        event.stop()
        event.prevent_default()
        self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        self.line.insert(event.text)
        self._search()
        self.repaint()

    def _search(self) -> None:
        self.at = 0
        words = self.line.text
        self.hits = self.search(words) if words.strip() else ()
        self.others = self.elsewhere(words) if words.strip() else 0

    def paint(self, canvas: Canvas) -> None:
        width = min(72, canvas.width - 2 * GUTTER)
        x = canvas.put(GUTTER, 1, "/", "accent bold")
        self.line.draw(canvas, x + 1, 1, max(1, width - 20))
        if not self.line.text.strip():
            canvas.put(GUTTER, 3, self.title, "muted")
            return
        canvas.right(GUTTER + width, 1, f"{len(self.hits)} found", "faint")
        if not self.hits:
            for row, line in enumerate(wrapped(self._nothing(), width)):
                canvas.put(GUTTER, 3 + row, line, "text")
            return
        if self.others:
            canvas.put(GUTTER, canvas.height - 1, cut(self._beyond(), canvas.width - GUTTER), "faint")
        room = (canvas.height - 4 - bool(self.others)) // (ROWS + 1)
        first = max(0, self.at - room + 1)
        for row, hit in enumerate(self.hits[first : first + max(1, room)]):
            self._hit(canvas, 3 + row * (ROWS + 1), width, hit, first + row == self.at)

    def _nothing(self) -> str:
        """Why nothing was found, and what finds more."""
        several = len(self.line.text.split()) > 1
        if self.others:
            return f"Nothing here has {'all of these words' if several else 'this word'}. {self._beyond()}"
        return f"Nothing has {'all of these words. Fewer words find more.' if several else 'this word.'}"

    def _beyond(self) -> str:
        return f"{self.others} more in other topics: / in the contents (C) searches all."

    def _hit(self, canvas: Canvas, y: int, width: int, hit: Hit, chosen: bool) -> None:
        """Where it was found, and two rows of what stands there."""
        ground = " on raised" if chosen else ""
        where = hit.term or self.names.get(hit.section or hit.topic, self.names.get(hit.topic, hit.topic))
        sentence = "" if hit.sentence == where else hit.sentence
        lines = [where[:width], *wrapped(sentence, width)[: ROWS - 1]]
        for number, line in enumerate(lines):
            if chosen:
                canvas.fill(GUTTER - 2, y + number, width + 2, 1, "text on raised")
                canvas.put(GUTTER - 2, y + number, "▌", "accent on raised")
            spec = "muted" if number else "bright bold" if chosen else "text"
            canvas.put(GUTTER, y + number, line, spec + ground)
