"""The panel beside the text: head, pictures, caption and meter arranged for the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lessons.kit.pictures import Frame, Meter, Picture, Surface, Zone
from lessons.kit.words import number, summary
from tutor.draw.canvas import Canvas
from tutor.draw.graph import GraphView
from tutor.draw.meter import draw_meter
from tutor.draw.picture import draw_picture
from tutor.draw.prose import WIDEST, wrapped
from tutor.draw.surface import legend

GUTTER = 3
METER_ROWS = 3
LEAST_PICTURE = 6
"""Rows below which pictures do not stand under each other."""
ROOMY = 22
"""Rows from which there are blank ones between the parts."""
NOTE = 56
"""Columns in which a note needs no more than two rows."""
WIDE = 104
"""Columns from which pictures stand side by side."""
MAIN = 0.6
"""The main picture's share of the rows, where another stands under it."""


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
    graph: GraphView = field(default=GraphView())
    """How the reader looks at a graph, where the picture is one."""
    details: tuple[tuple[str, str], ...] = field(default=())
    """Rows under the caption in place of meter and second picture, as (text, style): a failure's last lines."""


def draw_panel(canvas: Canvas, view: PanelView) -> None:
    """Paints the whole panel; survives any size."""
    width = max(1, canvas.width - 2 * GUTTER)
    gap = 1 if canvas.height >= ROOMY else 0
    _head(canvas, gap, width, view)
    y = 1 + 2 * gap
    if view.words:
        _words(canvas, y, width, view)
        return
    pictures = view.frame.pictures if view.frame else ()
    meters = [] if view.details else [p for p in pictures if isinstance(p, Meter)]
    large: list[Picture] = [p for p in pictures if not isinstance(p, Meter)]
    if view.details:
        large = large[:1]
    caption = _caption_rows(canvas, width, view)
    fixed = len(caption) + len(view.details) + len(meters) * (METER_ROWS + gap) + gap
    first, second = _shares(canvas.height - y - fixed, len(large) > 1, gap, width)
    beside = large if second == 0 else large[:1]
    if beside and first > 0:
        _side_by_side(canvas, y, width, first, beside, view)
        y += first + gap
    for line in caption:
        canvas.put(GUTTER, y, line, "muted" if view.locked else "bright")
        y += 1
    for text, spec in view.details:
        canvas.put(GUTTER, y, text, spec)
        y += 1
    for meter in meters:
        if view.locked:  # its zones may be what is asked for
            meter = Meter(meter.title, None, (Zone(1.0, ""),))
        draw_meter(canvas, GUTTER, y + gap, width, meter, locked=view.locked)
        y += gap + METER_ROWS
    if second > 0:
        _side_by_side(canvas, canvas.height - second, width, second, large[1:], view)


def _shares(room: int, several: bool, gap: int, width: int) -> tuple[int, int]:
    """Rows of the main picture and of the ones under it; 0 for these where all stand side by side, or one is all."""
    if not several or gap == 0 or width >= WIDE or room < 2 * LEAST_PICTURE:
        return room, 0
    first = round((room - gap) * MAIN)
    first -= 1 - first % 2  # odd, so that a surface has its lowest point inside a row
    return first, room - gap - first


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


def _caption_rows(canvas: Canvas, width: int, view: PanelView) -> list[str]:
    """As many rows always as a note may need, so that nothing moves; more only where something failed."""
    text = view.caption or (view.frame.note if view.frame else "")
    lines = wrapped(text, min(WIDEST, width), canvas.look.ascii)
    least = 2 if width >= NOTE else 3
    most = 5 if view.details else least
    return [*lines, "", "", ""][: max(least, min(most, len(lines)))]


def _side_by_side(
    canvas: Canvas, y: int, width: int, height: int, pictures: Sequence[Picture], view: PanelView
) -> None:
    """Draws pictures beside each other, the first one the widest."""
    gap = 4 if width >= WIDE else 2
    left = width
    if len(pictures) > 1:
        left = round((width - gap) * (0.5 if width >= WIDE else 0.55))
    rest = (width - left - gap * (len(pictures) - 1)) // max(1, len(pictures) - 1)
    x = GUTTER
    for place, picture in enumerate(pictures):
        wide = rest if place else left
        draw_picture(canvas, x, y, wide, height, picture, view=view.graph, frozen=view.frozen)
        x += wide + gap


def _words(canvas: Canvas, y: int, width: int, view: PanelView) -> None:
    """The pictures in words: what `--plain` and a screen reader get."""
    column = min(WIDEST, width)
    if view.frame is None:
        canvas.put(GUTTER, y, view.caption or "There is no picture yet.", "text")
        return
    for line in wrapped(view.caption or view.frame.note, column, canvas.look.ascii):
        canvas.put(GUTTER, y, line, "bright")
        y += 1
    for picture in view.frame.pictures:
        y += 1
        for line in wrapped(summary(picture), column, canvas.look.ascii):
            canvas.put(GUTTER, y, line, "text")
            y += 1
    y += 1
    wide = max((len(name) for name in view.frame.values), default=0)
    for name, value in view.frame.values.items():
        canvas.put(GUTTER, y, name, "muted")
        canvas.right(GUTTER + wide + 14, y, number(value), "bright")
        y += 1
