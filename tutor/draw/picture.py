"""Any picture in a box: which module draws what, and in how many rows it is comfortable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.kit.pictures import Chart, Graph, Picture, Surface
from tutor.draw.canvas import Canvas
from tutor.draw.chart import draw_chart
from tutor.draw.graph import GraphView, draw_graph
from tutor.draw.surface import draw_surface

_DRAW: dict[type[Any], Callable[..., None]] = {
    Chart: draw_chart,
    Surface: draw_surface,
}


def draw_picture(
    canvas: Canvas, x: int, y: int, w: int, h: int, picture: Picture, *, view: GraphView, frozen: bool = False
) -> None:
    """Draws into the box of `w` columns and `h` rows at (x, y). `frozen`: the run ended badly, in quiet colours."""
    if isinstance(picture, Graph):
        draw_graph(canvas, x, y, w, h, picture, view, frozen)
    elif draw := _DRAW.get(type(picture)):
        draw(canvas, x, y, w, h, picture, frozen=frozen)
