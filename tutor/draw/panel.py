"""The panel beside the text: head, pictures, caption and meter arranged for the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lessons.kit.pictures import Chart, Frame, Meter, Picture, Surface
from lessons.kit.words import summary
from tutor.draw.canvas import Canvas
from tutor.draw.chart import draw_chart
from tutor.draw.meter import draw_meter
from tutor.draw.numbers import short
from tutor.draw.prose import WIDEST, wrapped
from tutor.draw.surface import draw_surface, legend

GUTTER = 3
METER_ROWS = 3
LEAST_PICTURE = 5
"""Rows below which a second picture goes."""


@dataclass(frozen=True)
class PanelView:
    """What the panel shows. `tone` colours the state: "", "accent", "warn" or "danger"."""

    title: str = ""
    shows: str = ""
    state: str = ""
    tone: str = ""
    frame: Frame | None = None
    caption: str = ""
    """In place of the frame's note, where there is something else to say."""
    locked: bool = False
    """The pictures wait for an answer: the start alone."""
    frozen: bool = False
    """The run has ended badly: its last picture stays, in quiet colours."""
    words: bool = False
    details: tuple[tuple[str, str], ...] = field(default=())
    """Rows under the caption in place of meter and second picture, as (text, style): a failure's last lines."""


def draw_panel(canvas: Canvas, view: PanelView) -> None:
    """Paints the whole panel; survives any size."""
    width = max(1, canvas.width - 2 * GUTTER)
    roomy = canvas.height >= 22
    y = 1 if roomy else 0
    _head(canvas, y, width, view)
    y += 2 if roomy else 1
    if view.words:
        _words(canvas, y, width, view)
        return
    pictures = view.frame.pictures if view.frame else ()
    meters = [] if view.details else [p for p in pictures if isinstance(p, Meter)]
    large = [p for p in pictures if not isinstance(p, Meter)]
    if view.details:
        large = large[:1]
    below = 2 + sum(METER_ROWS + 1 for _ in meters) + len(view.details) + (2 if view.details else 0)
    room = canvas.height - y - below - (1 if roomy else 0)
    beside = len(large) > 1 and (not roomy or width >= 104)
    first = large[:1] if not beside else large
    rest = [] if beside else large[1:]
    tall = room if not rest else max(LEAST_PICTURE, room - _second(room))
    if rest and room - tall < LEAST_PICTURE + 1:
        rest, tall = [], room
    if first and tall > 0:
        tall = _row_of_pictures(canvas, y, width, tall, first, view)
        y += tall + (1 if roomy else 0)
    y = _caption(canvas, y, width, view)
    for text, spec in view.details:
        canvas.put(GUTTER, y + 1, text, spec)
        y += 1
    for meter in meters:
        draw_meter(canvas, GUTTER, y + (1 if roomy else 0), width, meter, locked=view.locked)
        y += METER_ROWS + 1
    if rest:
        _row_of_pictures(canvas, y + 1, width, canvas.height - y - 1, rest, view)


def _second(room: int) -> int:
    """Rows of what stands under the main picture."""
    return round(room * 0.4)


def _head(canvas: Canvas, y: int, width: int, view: PanelView) -> None:
    step = ""
    if view.frame and view.frame.steps and not view.locked:
        step = f"step {view.frame.step} of {view.frame.steps}   "
    state = view.state
    x = canvas.put(GUTTER, y, view.title, "bright bold")
    surface = any(isinstance(p, Surface) for p in (view.frame.pictures if view.frame else ()))
    shows = ", ".join(part for part in (view.shows, legend(canvas.look) if surface else "") if part)
    for text in (shows, legend(canvas.look) if surface else ""):
        if text and x + 2 + len(text) + 2 + len(step) + len(state) <= GUTTER + width:
            canvas.put(x + 2, y, text, "faint")
            break
    if x + 2 + len(step) + len(state) > GUTTER + width:
        step = ""
    canvas.right(GUTTER + width, y, state, f"{view.tone or 'muted'}")
    canvas.right(GUTTER + width - len(state), y, step, "muted")


def _caption(canvas: Canvas, y: int, width: int, view: PanelView) -> int:
    """Two rows always, so that nothing moves when a note gets its second row."""
    text = view.caption or (view.frame.note if view.frame else "")
    spec = "muted" if view.locked else "bright"
    for number, line in enumerate(wrapped(text, min(WIDEST, width))[: 2 if not view.details else 4]):
        canvas.put(GUTTER, y + number, line, spec)
    return y + 2 + (max(0, len(wrapped(text, min(WIDEST, width))) - 2) if view.details else 0)


def _row_of_pictures(canvas: Canvas, y: int, width: int, height: int, pictures: Sequence[Picture], view: PanelView) -> int:
    """Draws pictures side by side; the rows that the tallest took."""
    gap = 4 if width >= 104 else 2
    left = width if len(pictures) == 1 else round((width - gap) * (0.55 if width < 104 else 0.5))
    widths = [left, *[(width - left - gap * (len(pictures) - 1)) // max(1, len(pictures) - 1)] * (len(pictures) - 1)]
    x, taken = GUTTER, height
    for picture, wide in zip(pictures, widths):
        if isinstance(picture, Surface):
            draw_surface(canvas, x, y, wide, height - (1 - height % 2), picture, frozen=view.frozen)
        elif isinstance(picture, Chart):
            draw_chart(canvas, x, y, wide, height, picture, frozen=view.frozen)
        x += wide + gap
    return taken


def _words(canvas: Canvas, y: int, width: int, view: PanelView) -> None:
    """The pictures in words: what `--plain` and a screen reader get."""
    column = min(WIDEST, width)
    if view.frame is None:
        canvas.put(GUTTER, y, view.caption or "There is no picture yet.", "text")
        return
    for line in wrapped(view.caption or view.frame.note, column):
        canvas.put(GUTTER, y, line, "bright")
        y += 1
    for picture in view.frame.pictures:
        y += 1
        for line in wrapped(summary(picture), column):
            canvas.put(GUTTER, y, line, "text")
            y += 1
    y += 1
    wide = max((len(name) for name in view.frame.values), default=0)
    for name, value in view.frame.values.items():
        canvas.put(GUTTER, y, name, "muted")
        canvas.right(GUTTER + wide + 14, y, short(value), "bright")
        y += 1
