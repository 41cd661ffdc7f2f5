"""Layers: small graphs from top to bottom, every net a line of its own that can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.kit.pictures import Graph, Node
from tests.draw.following import LayerReader
from tests.draw.graphs import backward, edges, graph, node, random_nodes, some_nodes, square
from tests.draw.pictures import drawn, rows, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.channel import Net, route
from tutor.draw.graph import GraphView, draw_graph

LABEL = r"n(\d+)x+"
RESIDUAL = [(), (), (1,), (), (0,), (3, 2, 4), (5,), (), (7,), (), (9, 8, 6), (0, 10), (11,)]


def layered(
    picture: Graph, w: int = 400, h: int = 200, look: Look | None = None, view: GraphView | None = None
) -> Canvas:
    view = view or GraphView(layers=True)
    return drawn(lambda canvas, x, y: draw_graph(canvas, x, y, w, h, picture, view), w, h, look or Look())


def labelled(nodes: Sequence[Node], most: int = 6) -> list[Node]:
    """Nodes of at most so many inputs, with labels of eleven columns: under each of them is room for six lines."""
    return [
        replace(each, inputs=each.inputs[:most], expression=f"n{place}".ljust(11, "x"))
        for place, each in enumerate(nodes)
    ]


@settings(max_examples=150, deadline=None)
@given(some_nodes(most=14, plumbing=False), st.integers(0, 14))
def test_every_edge_can_be_followed(nodes: list[Node], step: int) -> None:
    """Where layers are drawn they are the graph, and no net touches another: the reader would not get through."""
    nodes = labelled(nodes)
    canvas = layered(graph(nodes, backward(nodes), min(step, len(nodes))))
    if "drawn as rails" not in text(canvas):
        assert LayerReader(rows(canvas), LABEL).edges() == edges(nodes)


def test_hardly_any_small_graph_is_left_to_the_rails() -> None:
    """Where there is all the room one could wish for, at least nine of ten are drawn in layers."""
    drawn_in_layers = 0
    for seed in range(100):
        nodes = labelled(random_nodes(Random(seed), 3 + seed % 12, False))
        drawn_in_layers += "drawn as rails" not in text(layered(graph(nodes)))
    assert drawn_in_layers >= 90


@pytest.mark.parametrize(
    "inputs",
    [
        [(), (0, 0)],
        [(), (0, 0), (1, 0)],
        [(), (0,), (0,), (1, 2)],
        [(), (), (0, 1), (0, 1), (2, 3)],
        [(), (), (0, 1), (), (2, 3), (4,), (5,)],
        RESIDUAL,
    ],
)
def test_graphs_of_lessons_are_drawn_in_layers(inputs: list[tuple[int, ...]]) -> None:
    """Squares, sums of shared values, two products of the same inputs, a residual block."""
    nodes = labelled([node("Op", *each) for each in inputs])
    canvas = layered(graph(nodes))
    assert "drawn as rails" not in text(canvas)
    assert LayerReader(rows(canvas), LABEL).edges() == edges(nodes)


def test_inputs_are_at_the_top_and_the_result_at_the_bottom() -> None:
    """The product of w and x below both, b just above the sum that takes it."""
    lines = [line.split() for line in rows(layered(square(), 62, 12))]
    assert lines[0] == ["w", "x"]
    assert lines[2][0] == "w·x"
    assert lines[2][1] == "b"
    assert [line for line in lines if line][-1] == ["Pow"]


def test_gradients_stand_beside_the_labels_when_they_are_known() -> None:
    """Nothing moves for them: their columns are kept free."""
    before, after = rows(layered(square(), 62, 12)), rows(layered(square(5), 62, 12))
    assert "▲ w·x −6" in after[2]
    assert "b −6" in after[2]
    assert [row.index("w·x") for row in (before[2], after[2])] == [after[2].index("w·x")] * 2
    assert "−" not in after[0]


def test_the_way_of_the_gradient_is_heavy() -> None:
    """From the square up to the sum, and not yet from the product to its factors."""
    lines = rows(layered(square(5), 62, 12))
    assert set(lines[1]) <= set(" │╭─╮╰╯")
    assert set(lines[3]) <= set(" ┃┏━┓┗┛")
    assert lines[5].strip() == "┃"


@pytest.mark.parametrize("look", [Look(), Look(depth="none"), Look(ascii=True)])
def test_the_chosen_node_is_marked(look: Look) -> None:
    """By a sign, so that it reads without colour."""
    sign = ">" if look.ascii else "▸"
    chosen = GraphView(layers=True, chosen=3, focused=True)
    assert f"{sign} b" in text(layered(square(), 62, 12, look, chosen))


def test_where_layers_do_not_fit_rails_are_drawn_and_it_says_so() -> None:
    """Too narrow, too low, too many nodes, or too many edges."""
    assert "drawn as" in rows(layered(square(), 10, 12))[-1]
    assert "drawn as rails: layers need" in rows(layered(square(), 62, 8))[-1]
    many = graph([node("leaf"), *(node("Op", k) for k in range(20))])
    assert rows(layered(many, 62, 30))[-1].strip() == "drawn as rails: layers are for up to 14 nodes"
    dense = graph([node("leaf"), *(node("Op", *[k] * 4) for k in range(10)), node("Op", 10)])
    assert rows(layered(dense, 400, 200))[-1].strip() == "drawn as rails: layers are for up to 40 edges"
    assert "drawn as rails" not in text(layered(square(), 62, 30))


def test_tight_boxes_go_without_the_gradients() -> None:
    """Labels are more than numbers, which stand in the details too."""
    canvas = layered(square(5), 20, 12)
    assert "drawn as rails" not in text(canvas)
    assert "−6" not in text(canvas)


def test_a_net_turns_off_above_the_one_that_ends_where_it_comes_down() -> None:
    """The first comes down at column 4, where the second ends: it is drawn on the upper track."""
    first, second = Net(4, ((0, 1),)), Net(8, ((4, 2),))
    assert route([first, second]) == [
        ((0, 0, 1, 1, 0), (1, 0, 1, 0, 1), (2, 0, 1, 0, 1), (3, 0, 1, 0, 1), (4, 1, 0, 0, 1), (8, 2, 0, 2, 0)),
        ((0, 1, 0, 1, 0), (4, 0, 2, 2, 0), (5, 0, 2, 0, 2), (6, 0, 2, 0, 2), (7, 0, 2, 0, 2), (8, 2, 0, 0, 2)),
    ]


def test_nets_that_change_places_have_no_drawing() -> None:
    """Each would have to turn off above the other."""
    assert route([Net(0, ((4, 1),)), Net(4, ((0, 2),))]) is None


def test_straight_nets_take_one_row() -> None:
    assert route([Net(2, ((2, 1),)), Net(9, ((9, 4),))]) == [((2, 1, 0, 1, 0), (9, 4, 0, 4, 0))]
