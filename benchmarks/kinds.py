"""Every kind of picture on one sheet, in every look: what tests cannot see, readable or not, is seen there at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

from lessons.kit.pictures import Picture
from tests.draw.amounts import AMOUNTS
from tests.draw.graphs import square
from tests.draw.pictures import chart, curvature, descend, steep_bowl, surface
from tests.draw.test_gpu_page import page
from tests.draw.test_gpus import H200
from tests.support.shoot import png_of_canvas
from tutor.draw.canvas import Canvas, Look
from tutor.draw.graph import GraphView, draw_graph
from tutor.draw.meter import ROWS, draw_meter
from tutor.draw.picture import draw_picture, wanted

WIDTH, GAP = 60, 3

LOOKS = [Look(*each) for each in product(("dark", "light"), ("true", "256", "16", "none"), (False, True))]

Drawing = Callable[[Canvas, int, int], None]


def kinds() -> list[tuple[int, Drawing]]:
    """The rows of each picture, and what draws it at a place."""
    runs = [tuple(steep_bowl(*point) for point in descend(lr, 60)) for lr in (0.05, 0.09, 0.0999, 0.02)]
    found: list[tuple[int, Drawing]] = [
        (12, _picture(surface(*descend(0.09, 40)), 12)),
        (12, _picture(chart(*runs, log=True, names=("lr 0.05", "lr 0.09", "lr 0.0999", "lr 0.02")), 12)),
        (10, _picture(chart((1.0, float("inf"), float("nan"), 2.0, 3.0, 5.0), names=("loss",)), 10)),
        (15, lambda canvas, x, y: draw_graph(canvas, x, y, WIDTH, 15, square(5), GraphView())),
        (15, lambda canvas, x, y: draw_graph(canvas, x, y, WIDTH, 15, square(5), GraphView(layers=True))),
        (ROWS, lambda canvas, x, y: draw_meter(canvas, x, y, WIDTH, curvature(1.8))),
        (ROWS, lambda canvas, x, y: draw_meter(canvas, x, y, WIDTH, curvature(2.4))),
    ]
    for picture in AMOUNTS:
        rows = wanted(picture, WIDTH) or 10
        found.append((rows, _picture(picture, rows)))
    return [*found, (14, _gpus)]


def _picture(picture: Picture, rows: int) -> Drawing:
    return lambda canvas, x, y: draw_picture(canvas, x, y, WIDTH, rows, picture, view=GraphView())


def _gpus(canvas: Canvas, x: int, y: int) -> None:
    part = Canvas(WIDTH, 14, canvas.look)
    page(H200, chosen=0).paint(part)
    canvas.paste(part, x, y)


def sheet(look: Look) -> Canvas:
    """All of them in two columns, the shorter one filled first."""
    places, ends = [], [1, 1]
    for rows, draw in kinds():
        column = ends.index(min(ends))
        places.append((draw, GAP + column * (WIDTH + GAP), ends[column]))
        ends[column] += rows + 2
    canvas = Canvas(2 * (WIDTH + GAP) + GAP, max(ends), look, "panel")
    for draw, x, y in places:
        draw(canvas, x, y)
    return canvas


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for look in LOOKS:
        file = folder / f"kinds_{look.theme}_{look.depth}{'_ascii' if look.ascii else ''}.png"
        png_of_canvas(sheet(look), file)
        print(file)


if __name__ == "__main__":
    main()
