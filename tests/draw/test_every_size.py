"""Every picture at every size, in every look, of every number: it draws, it stays in its box, it keeps to its look."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.kit.pictures import Chart, Field, Graph, Level, Limit, Meter, Picture, Series, Surface, Zone
from tests.draw.amounts import AMOUNTS, ANY_AMOUNT
from tests.draw.graphs import any_graph, block, square
from tests.draw.pictures import (
    INF,
    LOOKS,
    NAN,
    chart,
    colours,
    curvature,
    descend,
    drawn,
    shades,
    steep_bowl,
    surface,
    text,
)
from tutor.draw.canvas import Canvas, Look
from tutor.draw.chart import draw_chart
from tutor.draw.graph import NODE_ROWS, GraphView, draw_graph, draw_node, graph_rows
from tutor.draw.meter import ROWS, draw_meter
from tutor.draw.palette import TABLES
from tutor.draw.picture import draw_picture, wanted
from tutor.draw.surface import draw_surface

RUN = tuple(steep_bowl(*point) for point in descend(0.101, 60))
CHARTS: list[Picture] = [
    chart(RUN, steps=200, log=True),
    chart((1.0, INF, NAN, -INF, 0.0, -1.0, 2.0), RUN, names=("weights", "梯度"), log=True),
    chart((), (5.0,), log=False),
]
SURFACES: list[Picture] = [surface(*descend(0.101, 60)), surface(*descend(0.09, 60)), surface((NAN, 0.0))]
GRAPHS: list[Picture] = [square(5), block(7)]
METERS: list[Picture] = [curvature(1.8), curvature(INF), curvature(None)]

NUMBER = st.floats() | st.sampled_from([0.0, -0.0, 5e-324, -1e-310, 1e308, -1e308, INF, -INF, NAN, 1.0, 2.0])
WORD = st.text(max_size=12) | st.sampled_from(["loss", "梯度的范数", "e\u0301", "\x1b[2J"])
LIMIT = st.none() | NUMBER
SIZES = st.tuples(st.integers(0, 40), st.integers(0, 20)) | st.sampled_from([(62, 21), (110, 40), (200, 60)])
LOOK = st.sampled_from(LOOKS)
POINT = st.tuples(NUMBER, NUMBER) | st.tuples(st.floats(-1, 1), st.floats(-1, 1))
RANGE = st.just((-1.0, 1.0)) | st.tuples(NUMBER, NUMBER)

ANY_CHART = st.builds(
    Chart,
    WORD,
    st.lists(st.builds(Series, WORD, st.lists(NUMBER, max_size=30).map(tuple)), max_size=6).map(tuple),
    st.integers(0, 50),
    WORD,
    st.booleans(),
    LIMIT,
    LIMIT,
    st.lists(st.builds(Level, NUMBER, WORD), max_size=2).map(tuple),
)
ANY_SURFACE = st.builds(
    Surface,
    WORD,
    st.none() | st.builds(Field, RANGE, RANGE, st.integers(1, 4), st.lists(NUMBER, max_size=16).map(tuple)),
    st.lists(POINT, max_size=8).map(tuple),
    st.none() | POINT,
    WORD,
    WORD,
)
TONE = st.sampled_from(["", "warn", "danger"])
ANY_METER = st.builds(
    Meter,
    WORD,
    LIMIT,
    st.lists(st.builds(Zone, NUMBER, WORD, TONE), max_size=4).map(tuple),
    st.lists(st.builds(Limit, NUMBER, WORD, TONE), max_size=2).map(tuple),
    WORD,
)


def shown(picture: Picture, w: int, h: int, look: Look, quiet: bool = False) -> Canvas:
    """The picture in its box, after all that every picture must keep to."""
    if isinstance(picture, Chart):
        box = drawn(lambda canvas, x, y: draw_chart(canvas, x, y, w, h, picture, quiet), w, h, look)
    elif isinstance(picture, Surface):
        box = drawn(lambda canvas, x, y: draw_surface(canvas, x, y, w, h, picture, quiet), w, h, look)
    elif not isinstance(picture, Meter):
        view = GraphView()
        box = drawn(lambda canvas, x, y: draw_picture(canvas, x, y, w, h, picture, view=view, frozen=quiet), w, h, look)
    else:
        box = drawn(lambda canvas, x, y: draw_meter(canvas, x, y, w, picture, quiet), w, ROWS, look)
    return kept_to(box, look)


def kept_to(box: Canvas, look: Look) -> Canvas:
    """The box, which shows no escape, and only what its look has."""
    assert text(box).replace("\n", "").isprintable()
    if look.ascii:
        assert text(box).isascii()
    if look.flat:
        assert shades(box) == set()
    if look.depth == "none":
        assert colours(box) == set()
    return box


@pytest.mark.parametrize("h", range(1, 21))
def test_every_size(h: int) -> None:
    """1 to 40 columns, the looks in turn; a meter has one height."""
    for w in range(1, 41):
        for k, picture in enumerate([*CHARTS, *SURFACES[:2], *AMOUNTS, *GRAPHS, *(METERS if h == ROWS else [])]):
            shown(picture, w, h, LOOKS[(w + h + k) % len(LOOKS)])


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("w", "h"), [(62, 13), (45, 9), (110, 40), (200, 60), (1, 60), (200, 1)])
def test_every_look_at_sizes_in_use(look: Look, w: int, h: int) -> None:
    for picture in [*CHARTS, *SURFACES, *METERS, *AMOUNTS, *GRAPHS]:
        shown(picture, w, h, look)


@settings(max_examples=300, deadline=None)
@given(ANY_CHART, SIZES, LOOK, st.booleans())
def test_any_chart(picture: Chart, size: tuple[int, int], look: Look, frozen: bool) -> None:
    shown(picture, *size, look, frozen)


@settings(max_examples=300, deadline=None)
@given(ANY_SURFACE, SIZES, LOOK, st.booleans())
def test_any_surface(picture: Surface, size: tuple[int, int], look: Look, frozen: bool) -> None:
    shown(picture, *size, look, frozen)


@settings(max_examples=300, deadline=None)
@given(ANY_METER, SIZES, LOOK, st.booleans())
def test_any_meter(picture: Meter, size: tuple[int, int], look: Look, locked: bool) -> None:
    shown(picture, *size, look, locked)


@settings(max_examples=400, deadline=None)
@given(ANY_AMOUNT, SIZES, LOOK, st.booleans())
def test_any_amount(picture: Picture, size: tuple[int, int], look: Look, frozen: bool) -> None:
    """Bars, timelines, bits, rulers, grids, histograms and tables; what they want is a number of rows."""
    shown(picture, *size, look, frozen)
    assert (wanted(picture, size[0]) or 0) > 0


@settings(max_examples=300, deadline=None)
@given(any_graph(WORD, NUMBER), SIZES, LOOK, st.booleans(), st.none() | st.integers(0, 50), st.booleans())
def test_any_graph(
    picture: Graph, size: tuple[int, int], look: Look, frozen: bool, chosen: int | None, layers: bool
) -> None:
    """As rails and as layers, with and without a choice; and any node of it in detail."""
    (w, h), view = size, GraphView(chosen, unfolded=frozenset({1, 5, 9}), layers=layers)
    kept_to(drawn(lambda canvas, x, y: draw_graph(canvas, x, y, w, h, picture, view, frozen), w, h, look), look)
    place = view.subject(picture) or 0
    kept_to(drawn(lambda canvas, x, y: draw_node(canvas, x, y, w, picture, place), w, NODE_ROWS, look), look)
    assert graph_rows(picture, view) > 1


@pytest.mark.parametrize("picture", AMOUNTS)
def test_after_a_bad_end_amounts_are_grey(picture: Picture) -> None:
    """A run that ended badly leaves its last picture in quiet colours: nothing warns and nothing shines."""
    table = TABLES["dark", "true"]
    loud = {table[token] for token in table if token not in ("bg", "raised", "rule", "faint", "muted", "text")}
    seen = shown(picture, 62, 13, Look(), True)
    assert not colours(seen) & loud
    assert colours(shown(picture, 62, 13, Look())) & loud


@pytest.mark.parametrize("look", [look for look in LOOKS if look.depth in ("true", "256") and not look.ascii])
def test_where_there_are_shades_the_ground_has_them(look: Look) -> None:
    """The other side of what flat looks must keep to."""
    assert len(shades(shown(SURFACES[0], 62, 13, look))) == look.bands
