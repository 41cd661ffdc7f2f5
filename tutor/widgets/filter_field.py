"""FilterField: one row in which letters narrow a list as they are typed."""

from __future__ import annotations

from textual import events
from textual.message import Message

from tutor.draw.canvas import Canvas
from tutor.widgets.drawn import Drawn
from tutor.widgets.line import Line

GUTTER = 3


class FilterField(Drawn, can_focus=True):
    takes_letters = True
    """All that types belongs here while it has the focus."""

    class Changed(Message):
        """The words are these now."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Left(Message):
        """It was left; the words stand."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()

    def open(self) -> None:
        self.line.set(self.line.text)
        self.repaint()
        self.screen.set_focus(self)  # at once: letters may be on their way

    def clear(self) -> None:
        self.line = Line()

    def on_key(self, event: events.Key) -> None:
        """Everything that types stays here; all else is the screen's."""
        before = self.line.text
        if event.key == "escape":
            self.clear()
            self.post_message(self.Left())
        elif event.key == "enter" or (event.key == "backspace" and not self.line.text):
            self.post_message(self.Left())
        elif not self.line.key(event):
            return
        event.stop()
        event.prevent_default()
        if self.line.text != before:
            self.post_message(self.Changed(self.line.text))
        self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        self.line.insert(event.text)
        self.post_message(self.Changed(self.line.text))
        self.repaint()

    def paint(self, canvas: Canvas) -> None:
        canvas.fill(0, 0, canvas.width, 1, "text on raised")
        x = canvas.put(GUTTER, 0, "/ ", "accent bold on raised")
        self.line.draw(canvas, x, 0, max(1, canvas.width - x - GUTTER), " on raised")
