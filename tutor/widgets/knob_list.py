"""KnobList: the demo's knobs at the foot of the panel, one row each."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message

from lessons.kit.knobs import Slider, Value, matters
from tutor.draw.canvas import Canvas
from tutor.draw.knobs import draw_knob, slider_track
from tutor.reading import Reading
from tutor.widgets.drawn import Drawn

MOST = 6
"""Knobs shown at once; above that the list scrolls."""
GUTTER = 1


class KnobList(Drawn):
    GROUND: ClassVar[str] = "panel"

    class Clicked(Message):
        """A knob was clicked: chosen, and set to `value` where the place says which."""

        def __init__(self, number: int, value: Value | None) -> None:
            self.number, self.value = number, value
            super().__init__()

    reading: Reading | None = None
    chosen = 0
    focused = False

    @property
    def name_chosen(self) -> str:
        demo = self.reading.demo if self.reading else None
        return demo.knobs[min(self.chosen, len(demo.knobs) - 1)].name if demo and demo.knobs else ""

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
            value = (
                knob.turn(now, 1) if knob.turn(now, 1) != now else knob.turn(now, -len(getattr(knob, "options", "x")))
            )
        self.post_message(self.Clicked(number, value))

    def _first(self) -> int:
        return max(0, self.chosen - MOST + 1)
