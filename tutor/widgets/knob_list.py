"""KnobList: the demo's knobs at the foot of the panel, one row each."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message

from lessons.kit.knobs import LONGEST, Choice, Knob, Slider, Value, matters
from tutor.draw.canvas import Canvas
from tutor.draw.knobs import draw_knob, slider_track
from tutor.reading import Reading
from tutor.widgets.drawn import Drawn
from tutor.widgets.line import Line

MOST = 6
"""Knobs shown at once; above that the list scrolls."""
GUTTER = 1


class KnobList(Drawn, can_focus=True):
    """Also the field in which a knob that takes any text is typed."""

    GROUND: ClassVar[str] = "panel"

    class Clicked(Message):
        """A knob was clicked: chosen, and set to `value` where the place says which."""

        def __init__(self, number: int, value: Value | None) -> None:
            self.number, self.value = number, value
            super().__init__()

    class Typed(Message):
        """A value was typed for the chosen knob; None: the reader left it as it was."""

        def __init__(self, value: Value | None) -> None:
            self.value = value
            super().__init__()

    class Left(Message):
        """Typing ended without a value: something else took the focus."""

    class Refused(Message):
        """What was typed is no value, and why."""

        def __init__(self, sentence: str) -> None:
            self.sentence = sentence
            super().__init__()

    reading: Reading | None = None
    chosen = 0
    focused = False
    line: Line | None = None
    """What is being typed."""

    @property
    def takes_letters(self) -> bool:
        """Whether all that types belongs here."""
        return self.line is not None

    @property
    def knob(self) -> Knob | None:
        """The chosen knob."""
        demo = self.reading.demo if self.reading else None
        return demo.knobs[min(self.chosen, len(demo.knobs) - 1)] if demo and demo.knobs else None

    @property
    def can_type(self) -> bool:
        return isinstance(self.knob, Choice) and self.knob.typed

    @property
    def name_chosen(self) -> str:
        return self.knob.name if self.knob else ""

    def begin_typing(self) -> None:
        """Opens the chosen knob for typing, with its value as it is."""
        if self.knob and self.reading and self.reading.setting:
            self.line = Line(most=LONGEST)
            self.line.set(self.knob.show(self.reading.setting.knobs[self.knob.name]))
            self.screen.set_focus(self)  # at once: letters may be on their way
            self.repaint()

    def stop_typing(self) -> None:
        if self.line is not None:
            self.line = None
            self.screen.set_focus(None)
            self.repaint()

    def on_blur(self) -> None:
        """What is typed belongs to one knob of one demo: whatever takes the focus away ends it."""
        if self.line is not None:
            self.stop_typing()
            self.post_message(self.Left())

    def on_key(self, event: events.Key) -> None:
        """While something is typed, everything that types stays here."""
        if self.line is None:
            return
        if event.key in ("enter", "escape"):
            self._close(self.line.text if event.key == "enter" else None)
        elif not self.line.key(event):
            return
        event.stop()
        event.prevent_default()
        self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        if self.line is not None:
            self.line.insert(event.text)
            self.repaint()

    def _close(self, text: str | None) -> None:
        assert self.knob is not None
        try:
            value = self.knob.parse(text) if text is not None else None
        except ValueError as error:
            self.post_message(self.Refused(str(error)))
            return
        self.stop_typing()
        self.post_message(self.Typed(value))

    def rows(self) -> int:
        """Rows that the knobs take."""
        demo = self.reading.demo if self.reading else None
        return min(MOST, len(demo.knobs)) if demo else 0

    @staticmethod
    def blanks(height: int) -> int:
        """Blank rows of the widget on a screen of this height: one above the knobs, then one below."""
        return 2 if height >= 36 else 1 if height >= 26 else 0

    @property
    def _top(self) -> int:
        """The row of the first knob."""
        return min(1, self.size.height - self.rows())

    def choose(self, by: int) -> None:
        demo = self.reading.demo if self.reading else None
        if demo and demo.knobs:
            self.chosen = min(len(demo.knobs) - 1, max(0, self.chosen + by))
            self.repaint()

    def paint(self, canvas: Canvas) -> None:
        reading = self.reading
        if reading is None or reading.demo is None or reading.setting is None:
            return
        settings = reading.setting.knobs
        first = self._first()
        for row, knob in enumerate(reading.demo.knobs[first : first + MOST]):
            draw_knob(
                canvas,
                GUTTER,
                self._top + row,
                canvas.width - 2 * GUTTER - 1,
                knob,
                settings[knob.name],
                focus=self.focused and first + row == self.chosen,
                dim=reading.locked,
                unused=not matters(knob, settings),
            )
            if self.line is not None and first + row == self.chosen:
                x, _ = slider_track(GUTTER, canvas.width - 2 * GUTTER - 1)
                canvas.fill(x - 2, self._top + row, canvas.width - x, 1, "text on raised")
                self.line.draw(canvas, x, self._top + row, canvas.width - x - 2 * GUTTER - 1, " on raised")

    def on_click(self, event: events.Click) -> None:
        reading = self.reading
        number = self._first() + event.y - self._top
        if reading is None or reading.demo is None or not 0 <= number < len(reading.demo.knobs):
            return
        knob, value = reading.demo.knobs[number], None
        if isinstance(knob, Slider):
            start, length = slider_track(GUTTER, self.size.width - 2 * GUTTER - 1)
            if start <= event.x < start + length:
                value = knob.at((event.x - start) / max(1, length - 1))
        elif event.x > 12:
            assert reading.setting is not None
            now = reading.setting.knobs[knob.name]
            further = knob.turn(now, 1)
            value = further if further != now else knob.turn(now, -len(getattr(knob, "options", "x")))
        self.post_message(self.Clicked(number, value))

    def _first(self) -> int:
        return max(0, self.chosen - MOST + 1)
