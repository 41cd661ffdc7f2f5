"""The largest pictures that may arrive are drawn: none can hold up the screen for long."""

from __future__ import annotations

from random import Random

import pytest

from lessons.kit.pictures import (
    MOST_EDGES,
    MOST_NODES,
    Bar,
    Bars,
    Bits,
    Chart,
    Field,
    Flow,
    Graph,
    Grid,
    Histogram,
    Lane,
    Level,
    Limit,
    Mark,
    Meter,
    Node,
    Picture,
    Ruler,
    Sent,
    Series,
    Span,
    Stretch,
    Surface,
    Table,
    Timeline,
    Word,
    Zone,
)
from tests.draw.pictures import drawn, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.graph import GraphView
from tutor.draw.layer_rows import MOST as MOST_LAYERED
from tutor.draw.layer_rows import MOST_EDGES as MOST_LAYERED_EDGES
from tutor.draw.meter import ROWS, draw_meter
from tutor.draw.picture import draw_picture, wanted
from tutor.lab.checked import MOST_CELLS, MOST_HEIGHTS, MOST_POINTS, MOST_STEPS, check
from tutor.lab.frames import LONGEST

W, H = 68, 30
LIMIT_SECONDS = 60


def name(place: int) -> str:
    """As long as names can be, and no two the same."""
    return f"{place} λ² ".ljust(LONGEST, "ω")


def names(count: int) -> tuple[str, ...]:
    return tuple(map(name, range(count)))


def numbers(count: int) -> tuple[float, ...]:
    """They go up and down."""
    return tuple(float(k * 7919 % 1009) for k in range(count))


def graph(*inputs: tuple[int, ...]) -> Graph:
    """With all that can be known of its nodes, which use each other as `inputs` tell."""
    count = len(inputs)
    nodes = [
        Node("Op", name(place)[:40], each, (2,) * 64, f"float{place}", 1.5, names(2))
        for place, each in enumerate(inputs)
    ]
    flows = tuple(Flow((0.5,) * 4, 0.5, tuple(Sent(to, 0.5, "1 · 0.5") for to in each)) for each in inputs)
    return Graph("graph", tuple(nodes), flows, count // 2)


def spread(count: int, reach: int, uses: int) -> tuple[tuple[int, ...], ...]:
    """`count` nodes that each use so many of those at most `reach` before them, some of them twice."""
    random = Random(reach)
    return tuple(
        tuple(random.randrange(max(0, place - reach), place) for _ in range(uses)) if place else ()
        for place in range(count)
    )


LARGEST: dict[str, Picture] = {
    "chart of many lines": Chart(
        "chart",
        tuple(Series(each, numbers(MOST_POINTS // 32)) for each in names(32)),
        MOST_POINTS // 32,
        levels=tuple(Level(float(32 * k), name(k)) for k in range(32)),
    ),
    "chart of one long line": Chart("chart", (Series("loss", numbers(MOST_POINTS)),), MOST_POINTS, log=True),
    "surface": Surface(
        "surface",
        Field((0.0, 1.0), (0.0, 1.0), 200, numbers(MOST_HEIGHTS)),
        tuple((k % 7 / 7, k % 5 / 5) for k in range(MOST_STEPS)),
    ),
    "meter": Meter(
        "meter",
        16.5,
        tuple(Zone(k + 1.0, name(k)) for k in range(32)),
        tuple(Limit(k + 0.5, name(k)) for k in range(32)),
    ),
    "bars": Bars("bars", names(32), tuple(Bar(name(k), numbers(32), name(-k)) for k in range(200))),
    "timeline": Timeline(
        "timeline",
        names(16),
        tuple(Lane(name(j), tuple(Stretch(k, k + 1.0, k % 16, name(k)) for k in range(100))) for j in range(200)),
        100.0,
    ),
    "bits": Bits("bits", names(16), tuple(Word(name(k), ("01" * 200,) * 16, 1.0, name(k)) for k in range(64))),
    "ruler": Ruler(
        "ruler",
        tuple(Span(name(k), 1e-38 * (k + 1), 1e-20, 1e38) for k in range(16)),
        tuple(Mark(10.0 ** (k - 32), name(k)) for k in range(64)),
    ),
    "tall grid": Grid("grid", names(1000), names(20), numbers(MOST_CELLS), marked=tuple(range(MOST_CELLS))),
    "wide grid": Grid("grid", names(20), names(1000), numbers(MOST_CELLS)),
    "histogram": Histogram(
        "histogram", numbers(20_000), 0.0, 64.0, "size", marks=tuple(Mark(float(k), name(k)) for k in range(64))
    ),
    "long table": Table("table", ("a",) * 5, tuple(tuple(name(k * 5 + j)[:19] for j in range(5)) for k in range(1000))),
    "wide table": Table("table", names(64), tuple(names(64)[::-1] for _ in range(2))),
    "graph with edges from anywhere": graph(*spread(MOST_NODES, MOST_NODES, 4)),
    "graph with edges from nearby": graph(*spread(MOST_NODES, 10, 4)),
    "graph with dense edges": graph(*(tuple(range(place)) for place in range(63))),
    "graph of one sum": graph((), (0,) * MOST_EDGES),
    "graph with one leaf for all": graph((), *[(0, 0, 0, place) for place in range(MOST_NODES - 1)]),
    "graph of thick lines": graph((), *[(place,) * 20 for place in range(99)]),
}


@pytest.mark.timeout(LIMIT_SECONDS)
@pytest.mark.parametrize("picture", LARGEST.values(), ids=LARGEST)
def test_the_largest_pictures_are_drawn(picture: Picture) -> None:
    """What check lets pass needs no second look."""
    check(picture)
    if isinstance(picture, Meter):
        assert "●" in text(drawn(lambda canvas, x, y: draw_meter(canvas, x, y, W, picture), W, ROWS, Look()))
        return
    assert text(shown(picture)).strip()
    assert wanted(picture, W) != 0


@pytest.mark.timeout(LIMIT_SECONDS)
def test_the_largest_layers_are_drawn() -> None:
    """Fourteen nodes with forty edges."""
    inputs = ((), *((place, place, max(0, place - 3)) for place in range(12)), (12, 12, 0, 9))
    assert sum(map(len, inputs)) == MOST_LAYERED_EDGES
    assert len(inputs) == MOST_LAYERED
    assert "drawn as rails" not in text(shown(graph(*inputs), 400, 200))


def shown(picture: Picture, w: int = W, h: int = H) -> Canvas:
    view = GraphView(layers=w > W)
    return drawn(lambda canvas, x, y: draw_picture(canvas, x, y, w, h, picture, view=view), w, h, Look())
