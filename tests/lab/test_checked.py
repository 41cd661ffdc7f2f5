"""Pictures that do not fit together are refused with a sentence before anything draws them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons.kit.pictures import (
    Bar,
    Bars,
    Bits,
    Chart,
    Field,
    Flow,
    Frame,
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
from lessons.kit.wire import to_line, to_wire
from tutor.lab.frames import read_frame

W = Node("leaf", "w", (), (), "float32", 3.0)
SQUARE = Node("Mul", "w·w", (0, 0), (), "float32", 9.0, ("w = 3",))
GRAPH = Graph("graph", (W, SQUARE), (Flow((3.0, 3.0), 6.0, kept=12.0), Flow((1.0,), 1.0, (Sent(0, 3.0, "1 · 3"),))), 0)
BARS = Bars("memory", ("weights", "state"), (Bar("fp32", (1.0, 2.0)), Bar("bf16", (0.5, float("inf")), "half")), "MiB")
LANE = Lane("trainer", (Stretch(0.0, 1.0), Stretch(1.0, 2.5, 1, "batch 0")))
TIMELINE = Timeline("who works", ("waits", "trains"), (LANE, Lane("worker", ())), 4.0, "s")
BITS = Bits("bits", ("sign", "exponent"), (Word("tiny", ("0", "0110"), 0.5),))
RULER = Ruler("range", (Span("fp16", 6e-8, 6e-5, 65504.0),), (Mark(1.0, "one"), Mark(float("inf"), "inf")))
GRID = Grid("gradients", ("a", "b"), ("x",), (1.0, float("nan")), marked=(1,), meaning="became nan")
HISTOGRAM = Histogram("sizes", (1.0, 2.0, 0.0), -8.0, -2.0, "|g|", True, (Mark(-7.2, "smallest"),), 3.0, "0")
TABLE = Table("casts", ("op", "dtype"), (("linear", "bf16"), ("loss", "fp32")), 1)
LOSS = Series("loss", (1.0, 0.5))
CHART = Chart("loss", (LOSS,), 1)
SURFACE = Surface("bowl", Field((0.0, 1.0), (0.0, 1.0), 2, (1.0, 2.0, 3.0, 4.0)), ((0.5, 0.5),))
METER = Meter("lr", 0.5, (Zone(1.0, "small"),))
WHOLE = (CHART, SURFACE, METER, GRAPH, BARS, TIMELINE, BITS, RULER, GRID, HISTOGRAM, TABLE)


def sum_of(edges: int) -> Graph:
    """One node that takes w so often."""
    return Graph("graph", (W, Node("Stack", "sum", (0,) * edges, (), "float32")), (Flow(), Flow()))


def sent(picture: Picture, before: Frame | None = None, known: Frame | None = None) -> Picture:
    """A picture after its way over the wire."""
    frame = Frame((picture,), {}, "A sentence.")
    return read_frame(to_line(to_wire(frame, before)), known).pictures[0]


@pytest.mark.parametrize("picture", WHOLE, ids=lambda picture: type(picture).__name__)
def test_a_picture_arrives_as_it_was_sent(picture: Picture) -> None:
    """Infinite values and nan included."""
    assert repr(sent(picture)) == repr(picture)


def test_the_nodes_of_a_graph_are_sent_once() -> None:
    """And stand in every frame all the same."""
    first = Frame((GRAPH,), {}, "A sentence.")
    later = Frame((replace(GRAPH, now=None),), {}, "A sentence.")
    assert b"leaf" not in to_line(to_wire(later, first))
    known = read_frame(to_line(to_wire(first)), None)
    assert read_frame(to_line(to_wire(later, first)), known).pictures == later.pictures
    with pytest.raises(ValueError, match="the graph 'graph' has no nodes"):
        read_frame(to_line(to_wire(later, first)), None)


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (replace(GRAPH, flows=()), "has 2 nodes and 0 flows"),
        (replace(GRAPH, now=2), "stands at node 2, which it does not have"),
        (replace(GRAPH, nodes=(replace(W, inputs=(1,)), SQUARE)), "comes before one of its inputs"),
        (replace(GRAPH, nodes=(W, replace(SQUARE, inputs=(-1,)))), "comes before one of its inputs"),
        (replace(GRAPH, flows=(Flow(), Flow(sent=(Sent(5, 1.0),)))), "a node that it does not have"),
        (replace(GRAPH, nodes=(W,) * 501, flows=(Flow(),) * 501), "has 501 nodes; 500 are the most"),
        (replace(BARS, parts=("weights",)), "the bar 'fp32' of 'memory' has 2 values for 1 parts"),
        (replace(TIMELINE, end=0.0), "the timeline 'who works' ends at 0; it takes a number above 0"),
        (replace(TIMELINE, end=float("inf")), "ends at inf"),
        (replace(TIMELINE, kinds=("waits",)), "a stretch of 'trainer' in .* is of kind 1, which it has not"),
        (replace(TIMELINE, lanes=(Lane("a", (Stretch(1.0, 2.0, -1),)),)), "a stretch of 'a' in .* is of kind -1"),
        (replace(TIMELINE, lanes=(Lane("a", (Stretch(2.0, 1.0),)),)), "from 0 or later to a time not before"),
        (replace(TIMELINE, lanes=(Lane("a", (Stretch(-1.0, 1.0),)),)), "from 0 or later to a time not before"),
        (replace(TIMELINE, lanes=(Lane("a", (Stretch(0.0, float("nan")),)),)), "from 0 or later to a time not before"),
        (replace(BITS, fields=("sign",)), "'tiny' of 'bits' has 2 fields for 1 names"),
        (replace(BITS, words=(Word("tiny", ("0", "2"), 0.5),)), "are strings of 0 and 1"),
        (replace(RULER, spans=(Span("fp16", 0.0, 1.0, 2.0),)), "the span 'fp16' of 'range' goes from above 0 up"),
        (replace(RULER, spans=(Span("fp16", 3.0, 1.0, 2.0),)), "the span 'fp16' of 'range' goes from above 0 up"),
        (replace(GRID, rows=("a",)), "has 2 values for 1 rows and 1 columns"),
        (replace(HISTOGRAM, low=3.0), "the axis of 'sizes' goes from a low to a high number"),
        (replace(GRID, marked=(2,)), "marks a place that it does not have"),
        (replace(GRID, marked=(0, -1)), "marks a place that it does not have"),
        (replace(TABLE, heads=("op",)), "a row of 'casts' has 2 cells for 1 heads"),
    ],
)
def test_what_does_not_fit_together_is_refused(picture: Picture, sentence: str) -> None:
    """The demo's author reads what is wrong."""
    with pytest.raises(ValueError, match=sentence):
        sent(picture)


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (replace(CHART, series=(LOSS,) * 33), "the picture 'loss' has 33 series; 32 are the most that can be drawn"),
        (replace(CHART, levels=(Level(1.0, "one"),) * 33), "has 33 levels; 32 are"),
        (replace(CHART, series=(Series("a", (1.0,) * 50_001),) * 2), "has 100002 points; 100000 are"),
        (replace(SURFACE, path=((0.5, 0.5),) * 10_001), "the surface 'bowl' has 10001 steps; 10000 are"),
        (replace(SURFACE, field=Field((0, 1), (0, 1), 2, (1.0,) * 20_002)), "has 20002 heights; 20000 are"),
        (replace(METER, zones=(Zone(1.0, "small"),) * 33), "the picture 'lr' has 33 zones; 32 are"),
        (replace(METER, limits=(Limit(1.0, "one"),) * 33), "has 33 limits; 32 are"),
        (sum_of(2001), "the graph 'graph' has 2001 edges; 2000 are"),
        (replace(GRAPH, nodes=(replace(W, shape=(1,) * 65), SQUARE)), "node 0 of the graph 'graph' has 65 sizes"),
        (replace(GRAPH, nodes=(W, replace(SQUARE, saved=("w = 3",) * 65))), "node 1 .* has 65 saved values; 64 are"),
        (replace(GRAPH, flows=(Flow((1.0,) * 5000), Flow())), "has 5000 gradients; 4500 are"),
        (replace(GRAPH, flows=(Flow(), Flow(sent=(Sent(0, 1.0),) * 5000))), "has 5000 gradients; 4500 are"),
        (replace(BARS, parts=("a",) * 33), "the picture 'memory' has 33 parts; 32 are"),
        (replace(BARS, bars=BARS.bars * 101), "has 202 bars; 200 are"),
        (replace(TIMELINE, kinds=("a",) * 17), "the picture 'who works' has 17 kinds; 16 are"),
        (replace(TIMELINE, lanes=(LANE,) * 201), "has 201 lanes; 200 are"),
        (replace(TIMELINE, lanes=(Lane("a", LANE.stretches * 10_001),)), "has 20002 stretches; 20000 are"),
        (replace(BITS, fields=("sign",) * 17), "the picture 'bits' has 17 fields; 16 are"),
        (replace(BITS, words=BITS.words * 65), "has 65 words; 64 are"),
        (replace(RULER, spans=RULER.spans * 17), "the picture 'range' has 17 spans; 16 are"),
        (replace(RULER, marks=RULER.marks * 33), "has 66 marks; 64 are"),
        (replace(GRID, rows=("a",) * 1001), "the picture 'gradients' has 1001 rows; 1000 are"),
        (replace(GRID, columns=("a",) * 1001), "has 1001 columns; 1000 are"),
        (Grid("g", ("a",) * 201, ("b",) * 100, (0.0,) * 20_100), "has 20100 cells; 20000 are"),
        (replace(HISTOGRAM, counts=(1.0,) * 20_001), "the picture 'sizes' has 20001 counts; 20000 are"),
        (replace(HISTOGRAM, marks=HISTOGRAM.marks * 65), "has 65 marks; 64 are"),
        (Table("t", ("a",) * 65, ()), "the picture 't' has 65 heads; 64 are"),
        (replace(TABLE, rows=TABLE.rows * 501), "has 1002 rows; 1000 are"),
        (Table("t", ("a",), (("b" * 400,),) * 251), "has 100401 characters; 100000 are"),
    ],
)
def test_what_is_too_large_to_be_drawn_is_refused(picture: Picture, sentence: str) -> None:
    """With how large it is, and how large it may be; what is just not too large arrives: tests/draw/test_limits.py."""
    with pytest.raises(ValueError, match=sentence):
        sent(picture)


def test_a_graph_of_as_many_edges_as_may_be_arrives() -> None:
    """Two thousand, half of them the same."""
    assert sent(sum_of(2000)) == sum_of(2000)


def test_a_frame_has_a_handful_of_pictures_and_no_book_of_values() -> None:
    """What nobody could look at is refused before it is drawn."""
    for frame in (Frame((BARS,) * 9, {}, "Many."), Frame((), {str(n): 1.0 for n in range(201)}, "Many.")):
        with pytest.raises(ValueError, match="8 and 200 are the most"):
            read_frame(to_line(to_wire(frame)), None)
    many = Frame((BARS,) * 8, {str(n): 1.0 for n in range(200)}, "Enough.")
    assert len(read_frame(to_line(to_wire(many)), None).pictures) == 8
