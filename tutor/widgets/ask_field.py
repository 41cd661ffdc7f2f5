"""AskField: a line that says what to look at, and what is done with it; of a script, and of a log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.message import Message

from tutor.draw.canvas import Canvas
from tutor.draw.prose import WIDEST, styled
from tutor.widgets.drawn import Drawn
from tutor.widgets.line import Line

GUTTER = 3

CHECKING = (
    "The script runs as python would run it, and every tensor is watched: the device it is on, the labels that a loss "
    "gets, and what trains wrongly without an error. What is wrong is told by name and line, with its fix.",
    "Without a GPU `cuda` is virtual: tensors compute on the CPU and carry the device that the script asked for.",
    "Options go before the script: `--device cpu` leaves devices out, `--steps 20` stops after 20 optimizer steps.",
)


READING = (
    "Paste the log here, the whole of it: from a terminal, a notebook, a file of a scheduler. Or name a file.",
    "The error is told in plain words, with its cause, the last line that is yours, and what to do. What follows from "
    "another error stands under it. Where nothing of PyTorch's is known, that is said.",
    "The same without a screen: `python train.py 2>&1 | tutor explain`.",
)


class AskField(Drawn, can_focus=True):
    TITLE: ClassVar[str]
    COMMAND: ClassVar[str]
    ABOUT: ClassVar[tuple[str, ...]]

    takes_letters = True
    """All that types belongs here while it has the focus."""

    class Entered(Message):
        """The reader wants this looked at."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Left(Message):
        """The question was given up."""

    note = ""
    """What is to be known before, as which Python runs the script."""
    trouble = ""
    about = False
    """Whether it tells what a check is, for want of a place beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(most=1000)

    def open(self, text: str) -> None:
        self.line.set(text)
        self.repaint()
        self.screen.set_focus(self)  # at once: letters may be on their way

    def say(self, trouble: str) -> None:
        self.trouble = trouble
        self.repaint()

    def on_key(self, event: events.Key) -> None:
        """Everything that types stays here; all else is the screen's."""
        if event.key == "escape":
            self.post_message(self.Left())
        elif event.key == "enter":
            self.post_message(self.Entered(self.line.text))
        elif self.line.key(event):
            self.trouble = ""
        else:
            return
        event.stop()
        event.prevent_default()
        self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        self.line.insert(event.text)
        self.repaint()

    def paint(self, canvas: Canvas) -> None:
        w = max(1, canvas.width - 2 * GUTTER)
        canvas.put(GUTTER, 1, self.TITLE, "bright bold")
        canvas.fill(GUTTER, 3, w, 1, "text on raised")
        canvas.put(GUTTER - 2, 3, "▌", "accent")
        x = canvas.put(GUTTER, 3, self.COMMAND, "muted on raised")
        self.line.draw(canvas, x, 3, max(1, GUTTER + w - x), " on raised")
        y = 5
        if self.trouble:
            canvas.put(GUTTER, y, "✗", "danger bold")
            y = draw_paragraph(canvas, GUTTER + 2, y, w - 2, self.trouble, "bright") + 1
        y = draw_paragraph(canvas, GUTTER, y, w, self.note, "muted") + 1
        if self.about:
            draw_about(canvas, y, self.ABOUT)


class ScriptField(AskField):
    TITLE = "Check a training script"
    COMMAND = "tutor check "
    ABOUT = CHECKING


class LogField(AskField):
    TITLE = "Explain an error"
    COMMAND = "tutor explain "
    ABOUT = READING

    class Pasted(Message):
        """A text of several lines was pasted: a log itself, and not its name."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def on_paste(self, event: events.Paste) -> None:
        if len(event.text.strip().splitlines()) > 1:  # many terminals paste line ends as "\r"
            event.stop()
            event.prevent_default()  # else AskField's is called next, as it is for a name
            self.post_message(self.Pasted(event.text))


def draw_about(canvas: Canvas, y: int, paragraphs: Sequence[str]) -> None:
    """What is done, in a few paragraphs."""
    for text in paragraphs:
        y = draw_paragraph(canvas, GUTTER, y, canvas.width - 2 * GUTTER, text) + 1


def draw_paragraph(canvas: Canvas, x: int, y: int, w: int, text: str, spec: str = "text") -> int:
    """Draws text with code between backticks, at most as wide as prose is; the row after it."""
    for spans in styled(text, min(w, WIDEST), spec, canvas.look.ascii) if text else []:
        cursor = x
        for span in spans:
            cursor = canvas.put(cursor, y, span.text, span.spec)
        y += 1
    return y
