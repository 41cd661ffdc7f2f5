"""Any picture in a box: which module draws what, and in how many rows it is comfortable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.kit.pictures import Bars, Bits, Chart, Graph, Grid, Histogram, Picture, Ruler, Surface, Table, Timeline
from tutor.draw.bars import bars_rows, draw_bars
from tutor.draw.bits import bits_rows, draw_bits
from tutor.draw.canvas import Canvas
from tutor.draw.chart import draw_chart
from tutor.draw.graph import GraphView, draw_graph
from tutor.draw.grid import draw_grid, grid_rows
from tutor.draw.histogram import draw_histogram, histogram_rows
from tutor.draw.ruler import draw_ruler, ruler_rows
from tutor.draw.surface import draw_surface
from tutor.draw.table import draw_table, table_rows
from tutor.draw.timeline import draw_timeline, timeline_rows

_DRAW: dict[type[Any], Callable[..., None]] = {
    Chart: draw_chart,
    Surface: draw_surface,
    Bars: draw_bars,
    Timeline: draw_timeline,
    Bits: draw_bits,
    Ruler: draw_ruler,
    Grid: draw_grid,
    Histogram: draw_histogram,
    Table: draw_table,
}

_ROWS: dict[type[Any], Callable[[Any, int], int]] = {
    Bars: bars_rows,
    Timeline: timeline_rows,
    Bits: bits_rows,
    Ruler: ruler_rows,
    Grid: grid_rows,
    Histogram: histogram_rows,
    Table: table_rows,
}


def draw_picture(
    canvas: Canvas, x: int, y: int, w: int, h: int, picture: Picture, *, view: GraphView, frozen: bool = False
) -> None:
    """Draws into the box of `w` columns and `h` rows at (x, y). `frozen`: the run ended badly, in quiet colours."""
    if isinstance(picture, Graph):
        draw_graph(canvas, x, y, w, h, picture, view, frozen)
    elif draw := _DRAW.get(type(picture)):
        draw(canvas, x, y, w, h, picture, frozen=frozen)


def wanted(picture: Picture, w: int) -> int | None:
    """Rows at which a picture is comfortable in `w` columns; None for one that takes what is left."""
    rows = _ROWS.get(type(picture))
    return rows(picture, w) if rows else None
