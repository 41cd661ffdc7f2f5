"""The panel beside the text: head, pictures, caption and meter arranged for the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from lessons.kit.pictures import Bars, Bits, Frame, Graph, Meter, Picture, Ruler, Surface, Table, Timeline, Zone
from lessons.kit.words import summary
from lessons.kit.words.exact import exact
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import spelled
from tutor.draw.graph import NODE_ROWS, GraphView, draw_node, graph_rows
from tutor.draw.meter import draw_meter
from tutor.draw.picture import draw_picture, wanted
from tutor.draw.prose import WIDEST, wrapped
from tutor.draw.surface import legend

GUTTER = 3
METER_ROWS = 3
BROAD = (Graph, Bars, Timeline, Bits, Ruler, Table)
"""Pictures that need the whole width: others stand beside each other where it is tight."""
LEAST_PICTURE = 6
"""Rows below which pictures do not stand under each other."""
LEAST_GRAPH = 8
"""Rows of a graph that go before the details of one node."""
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
    if canvas.look.ascii:
        view = _spelled(view)
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
    node = _node_rows(canvas.height - y - len(caption), large, view)
    fixed = len(caption) + len(view.details) + node + len(meters) * (METER_ROWS + gap) + gap
    bands = _bands(large, canvas.height - y - fixed, gap, width, view)
    if bands:
        _side_by_side(canvas, y, width, bands[0], view)
        y += bands[0].rows + gap
    for line in caption:
        canvas.put(GUTTER, y, line, "muted" if view.locked else "bright")
        y += 1
    for text, spec in view.details:
        canvas.put(GUTTER, y, text, spec)
        y += 1
    if node and isinstance(large[0], Graph):
        subject = view.graph.subject(large[0])
        if subject is not None:
            draw_node(canvas, GUTTER, y + node - NODE_ROWS, width, large[0], subject)
        y += node
    for meter in meters:
        if view.locked:  # its zones may be what is asked for
            meter = Meter(meter.title, None, (Zone(1.0, ""),))
        draw_meter(canvas, GUTTER, y + gap, width, meter, locked=view.locked)
        y += gap + METER_ROWS
    for band in bands[1:]:
        _side_by_side(canvas, y + gap, width, band, view)
        y += gap + band.rows


def _spelled(part: Any) -> Any:
    """The same with every text in it spelt out, so that (w·x)² is not (w.x)2."""
    if isinstance(part, str):
        return spelled(part)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{each.name: _spelled(getattr(part, each.name)) for each in fields(part)})
    if isinstance(part, tuple) and any(isinstance(each, str | tuple) or is_dataclass(each) for each in part[:1]):
        return tuple(map(_spelled, part))
    return part


def main_picture(view: PanelView) -> Picture | None:
    """The picture that is always drawn."""
    return next((p for p in (view.frame.pictures if view.frame else ()) if not isinstance(p, Meter)), None)


def _node_rows(room: int, large: Sequence[Picture], view: PanelView) -> int:
    """Rows for the details of a graph's node, a blank one above included where there is room for that."""
    graph = large[0] if large else None
    if not isinstance(graph, Graph) or view.locked or view.details:
        return 0
    tight = min(graph_rows(graph, view.graph), LEAST_GRAPH)
    return next((rows for rows in (NODE_ROWS + 1, NODE_ROWS) if room >= tight + rows), 0)


@dataclass(frozen=True)
class _Band:
    """Pictures side by side, in so many rows."""

    pictures: tuple[Picture, ...]
    rows: int


def _bands(pictures: Sequence[Picture], room: int, gap: int, width: int, view: PanelView) -> list[_Band]:
    """How the pictures share `room` rows; what finds no place is left out, the last first. One band at the least."""
    if not pictures or room <= 0:
        return []
    if width >= WIDE:
        return [_Band(tuple(pictures), room)]
    if not any(isinstance(picture, BROAD) for picture in pictures):
        return _shared(pictures, room, gap)
    wishes = [_wish(picture, width, view) for picture in pictures]
    count = len(pictures)
    while count > 1 and sum(_least(wish) for wish in wishes[:count]) + (count - 1) * gap > room:
        count -= 1
    left = room - (count - 1) * gap
    bands = []
    for place, picture in enumerate(pictures[:count]):
        later = sum(_least(wish) for wish in wishes[place + 1 : count])
        wish = wishes[place]
        others = sum(each is None for each in wishes[place + 1 : count])
        rows = left - later if wish is None and not others else min(left - later, wish or (left - later) // 2)
        bands.append(_Band((picture,), max(1, rows)))
        left -= rows
    return bands


def _wish(picture: Picture, width: int, view: PanelView) -> int | None:
    return graph_rows(picture, view.graph) if isinstance(picture, Graph) else wanted(picture, width)


def _least(wish: int | None) -> int:
    return LEAST_PICTURE if wish is None else wish


def _shared(pictures: Sequence[Picture], room: int, gap: int) -> list[_Band]:
    """Pictures that take any size: beside each other where it is tight, else the main one above the others."""
    if len(pictures) == 1 or gap == 0 or room < 2 * LEAST_PICTURE:
        return [_Band(tuple(pictures), room)]
    first = round((room - gap) * MAIN)
    first -= 1 - first % 2  # odd, so that a surface has its lowest point inside a row
    return [_Band(tuple(pictures[:1]), first), _Band(tuple(pictures[1:]), room - gap - first)]


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
    most = max(5, canvas.height // 3) if view.details else least
    return [*lines, "", "", ""][: max(least, min(most, len(lines)))]


def _side_by_side(canvas: Canvas, y: int, width: int, band: _Band, view: PanelView) -> None:
    """Draws the pictures of a band, the first one the widest."""
    gap = 4 if width >= WIDE else 2
    count = len(band.pictures)
    left = width
    if count > 1:
        left = round((width - gap) * (0.5 if width >= WIDE else 0.55))
    rest = (width - left - gap * (count - 1)) // max(1, count - 1)
    x = GUTTER
    for place, picture in enumerate(band.pictures):
        wide = rest if place else left
        draw_picture(canvas, x, y, wide, band.rows, picture, view=view.graph, frozen=view.frozen)
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
        canvas.right(GUTTER + wide + 14, y, exact(value), "bright")
        y += 1
