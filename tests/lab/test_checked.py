"""Pictures that do not fit together are refused with a sentence before anything draws them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons.kit.pictures import (
    Bar,
    Bars,
    Bits,
    Flow,
    Frame,
    Graph,
    Grid,
    Histogram,
    Mark,
    Node,
    Picture,
    Ruler,
    Sent,
    Span,
    Table,
    Word,
)
from lessons.kit.wire import to_line, to_wire
from tutor.lab.frames import read_frame

W = Node("leaf", "w", (), (), "float32", 3.0)
SQUARE = Node("Mul", "w·w", (0, 0), (), "float32", 9.0, ("w = 3",))
GRAPH = Graph("graph", (W, SQUARE), (Flow((3.0, 3.0), 6.0, kept=12.0), Flow((1.0,), 1.0, (Sent(0, 3.0, "1 · 3"),))), 0)
BARS = Bars("memory", ("weights", "state"), (Bar("fp32", (1.0, 2.0)), Bar("bf16", (0.5, float("inf")), "half")), "MiB")
BITS = Bits("bits", ("sign", "exponent"), (Word("tiny", ("0", "0110"), 0.5),))
RULER = Ruler("range", (Span("fp16", 6e-8, 6e-5, 65504.0),), (Mark(1.0, "one"), Mark(float("inf"), "inf")))
GRID = Grid("gradients", ("a", "b"), ("x",), (1.0, float("nan")), marked=(1,), meaning="became nan")
HISTOGRAM = Histogram("sizes", (1.0, 2.0, 0.0), -8.0, -2.0, "|g|", True, (Mark(-7.2, "smallest"),), 3.0, "0")
TABLE = Table("casts", ("op", "dtype"), (("linear", "bf16"), ("loss", "fp32")), 1)
WHOLE = (GRAPH, BARS, BITS, RULER, GRID, HISTOGRAM, TABLE)


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
        (replace(BITS, fields=("sign",)), "'tiny' of 'bits' has 2 fields for 1 names"),
        (replace(BITS, words=(Word("tiny", ("0", "2"), 0.5),)), "are strings of 0 and 1"),
        (replace(RULER, spans=(Span("fp16", 0.0, 1.0, 2.0),)), "the span 'fp16' of 'range' goes from above 0 up"),
        (replace(RULER, spans=(Span("fp16", 3.0, 1.0, 2.0),)), "the span 'fp16' of 'range' goes from above 0 up"),
        (replace(GRID, rows=("a",)), "has 2 values for 1 rows and 1 columns"),
        (replace(HISTOGRAM, low=3.0), "the axis of 'sizes' goes from a low to a high number"),
        (replace(TABLE, heads=("op",)), "a row of 'casts' has 2 cells for 1 heads"),
    ],
)
def test_what_does_not_fit_together_is_refused(picture: Picture, sentence: str) -> None:
    """The demo's author reads what is wrong."""
    with pytest.raises(ValueError, match=sentence):
        sent(picture)
