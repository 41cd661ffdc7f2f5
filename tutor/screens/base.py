"""What every screen has: header, body, key bar, and one sentence where the window is too small."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from lessons.kit.course import Course
from lessons.kit.pictures import Frame
from tutor.draw.canvas import Canvas
from tutor.draw.prose import wrapped
from tutor.gpu_watch import Readings
from tutor.interpreter import Interpreter
from tutor.lab.client import Lab
from tutor.link import Link
from tutor.progress import Progress
from tutor.terminal import SMALLEST, Profile
from tutor.widgets.drawn import Drawn
from tutor.widgets.frame import Header, KeyBar


class Tutor(Protocol):
    """What screens ask of the app they stand in."""

    course: Course
    progress: Progress
    profile: Profile
    interpreter: Interpreter
    lab: Lab
    link: Link

    def open_topic(self, name: str, section: str = "") -> None: ...
    def open_contents(self) -> None: ...
    def open_exercise(self, name: str) -> None: ...
    def edit_outside(self, command: list[str]) -> None: ...
    def leave_topic(self) -> None: ...
    def leave_place(self) -> None: ...
    def warm(self) -> None: ...
    def copy(self, text: str, name: str) -> str: ...
    def gpu_readings(self) -> Readings | None: ...
    def torch_facts(self, device: str = "") -> list[str]: ...
    def last_picture(self, topic: str) -> Frame | None: ...


class TooSmall(Drawn):
    """In place of everything else below the smallest size: what is needed, and how to read without it."""

    command = "tutor lesson NAME --plain"

    def paint(self, canvas: Canvas) -> None:
        width = max(1, canvas.width - 2)
        columns, rows = SMALLEST
        y = 0
        for text, spec in (
            (
                f"This window is {self.app.size.width} × {self.app.size.height}. The tutor needs {columns} × {rows}.",
                "bright bold",
            ),
            ("Make it larger, or read as text:", "muted"),
            (self.command, "code"),
            ("q leaves", "muted"),
        ):
            for line in wrapped(text, width):
                canvas.put(1, y, line, spec)
                y += 1


class TutorScreen(Screen[None]):
    """A place. Subclasses give the body and keep header and key bar true."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (Textual declares it so)
        (0, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]

    @property
    def tutor(self) -> Tutor:
        return cast(Tutor, self.app)

    def __init__(self) -> None:
        super().__init__()
        self.header, self.key_bar, self.too_small = Header(), KeyBar(), TooSmall()

    def compose(self) -> ComposeResult:
        yield self.header
        yield from self.body()
        yield self.key_bar
        yield self.too_small

    def body(self) -> Iterable[Widget]:
        """The widgets between header and key bar."""
        return ()

    @property
    def narrow(self) -> bool:
        return self.has_class("-narrow")

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = SMALLEST
        self.set_class(event.size.width < columns or event.size.height < rows, "-small")
        self.too_small.repaint()
        self.call_after_refresh(self.refreshed)

    def refreshed(self) -> None:
        """Makes header and key bar true; after a change of anything that they tell."""
        if self.is_attached and self.is_mounted:  # what was put off may come after the screen has gone
            self.tell_standing()
            if news := self.tutor.progress.news():
                self.key_bar.say(news)

    def tell_standing(self) -> None:
        """Tells header and key bar how the screen stands."""

    def repaint_all(self) -> None:
        """Everything in new colours, or at a new size."""
        for widget in self.query(Drawn):
            widget.repaint()
        self.refreshed()
