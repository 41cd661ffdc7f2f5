"""Rails: any graph in 60 columns, and every edge of it can be followed with a finger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.kit.pictures import Graph, Node
from tests.draw.following import RailReader, unplain
from tests.draw.graphs import Edges, backward, block, edges, graph, node, some_nodes, square
from tests.draw.pictures import drawn, rows
from tutor.draw.canvas import Canvas, Look
from tutor.draw.folding import fold
from tutor.draw.graph import GraphView, draw_graph
from tutor.draw.rails import lay_rails, order_of

TALL = 800


def railed(
    picture: Graph, w: int = 60, h: int = TALL, look: Look | None = None, view: GraphView | None = None
) -> Canvas:
    return drawn(lambda canvas, x, y: draw_graph(canvas, x, y, w, h, picture, view), w, h, look or Look())


def tight(picture: Graph) -> int:
    """The height at which all rows stand there, and no blank ones between."""
    _, *lines = "\n".join(rows(railed(picture))).rstrip().split("\n")
    assert " more" not in lines[-1]
    return 1 + len(lines) - (len(picture.nodes or ()) - 1)


def read(lines: Sequence[str], plain: bool = False) -> Edges:
    """The edges by places, as the drawing tells them: every row's value is the place of its node, of a run its last."""
    head, *lines = lines
    text = head.index("expression") if "expression" in head else head.index("value")
    if plain:
        lines = [unplain(line[:text]) + line[text:] for line in lines]
    reader = RailReader(lines, text)
    column = head.index("value") + len("value")
    places = [int(re.findall(r"\d+", lines[y][:column])[-1]) for y in sorted(reader.dot)]
    return Counter({(places[one], places[other]): count for (one, other), count in reader.edges().items()})


def placed(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with their places as values, and names without digits."""
    return [replace(each, value=float(place), expression="name") for place, each in enumerate(nodes)]


@settings(max_examples=150, deadline=None)
@given(some_nodes(plumbing=False), st.booleans(), st.integers(0, 100), st.sampled_from([1, 2]))
def test_every_edge_can_be_followed(nodes: list[Node], plain: bool, step: int, lines: int) -> None:
    """In 60 columns, with a row between or without, wherever the pass is: what is drawn is the graph."""
    picture = graph(placed(nodes), backward(nodes), min(step, len(nodes)))
    canvas = railed(picture, 60, TALL if lines == 2 else max(5, tight(picture)), Look(ascii=plain))
    assert read(rows(canvas), plain) == edges(nodes)


@settings(max_examples=60, deadline=None)
@given(some_nodes(least=10, plumbing=False), st.integers(0, 100), st.integers(6, 30))
def test_a_window_is_a_piece_of_the_whole(nodes: list[Node], step: int, h: int) -> None:
    """Lines go on through the rows that count what is cut off: put back into the whole, they lose no edge."""
    picture = graph(placed(nodes), backward(nodes), min(step, len(nodes)))
    head, *whole = rows(railed(picture, 60, tight(picture)))
    _, *window = rows(railed(picture, 60, min(h, len(whole))))
    above = [window.pop(0)] if "↑" in window[0] else []
    below = [window.pop()] if "↓" in window[-1] else []
    start = next(y for y in range(len(whole)) if whole[y : y + len(window)] == window)
    stop = start + len(window)
    assert read([head, *whole[:start], *above, *window, *below, *whole[stop:]]) == edges(nodes)
    hidden = [sum("name" in row for row in part) for part in (whole[:start], whole[stop:])]
    assert hidden == [int(part[0].split()[-2]) if part else 0 for part in (above, below)]


@settings(max_examples=60, deadline=None)
@given(some_nodes(least=31))
def test_folding_loses_no_edge(nodes: list[Node]) -> None:
    """A run is a chain: what leads to it leads to its first node, and what leaves it leaves its last."""
    folded = fold(tuple(nodes), frozenset())
    inside = Counter((one, other) for row in folded for one, other in zip(row.members, row.members[1:]))
    between = Counter((folded[each].last, row.place) for row in folded for each in row.inputs)
    assert inside + between == edges(nodes)
    assert sorted(place for row in folded for place in row.members) == list(range(len(nodes)))
    assert all(nodes[place].plumbing for row in folded if row.folded for place in row.members)


@settings(max_examples=60, deadline=None)
@given(some_nodes(least=31))
def test_what_is_folded_can_be_followed(nodes: list[Node]) -> None:
    """The drawing of a folded graph has the edges between its rows."""
    folded = fold(tuple(placed(nodes)), frozenset())
    wanted = Counter((folded[each].last, row.last) for row in folded for each in row.inputs)
    assert read(rows(railed(graph(placed(nodes))))) == wanted


def test_views_are_folded_from_31_nodes_on() -> None:
    """Up to 30 rows everything stands there; then three views are one row, and can be opened."""
    small, large = block(5), block(7)
    assert "views" not in "".join(rows(railed(small)))
    canvas = railed(large)
    assert sum("⋯ 3 views" in row for row in rows(canvas)) == 7
    opened = rows(railed(large, view=GraphView(unfolded=frozenset({3}))))
    assert sum("⋯ 3 views" in row for row in opened) == 6
    assert sum("▾" in row for row in opened) == 1


def test_one_view_alone_stays() -> None:
    """Folding it would spare no row."""
    nodes = [node("leaf")] + [node("View" if k % 2 else "Relu", k, plumbing=bool(k % 2)) for k in range(40)]
    assert all(not row.folded for row in fold(tuple(nodes), frozenset()))


@given(some_nodes())
def test_inputs_stand_above_those_that_use_them(nodes: list[Node]) -> None:
    """The order of rows is one in which the graph can be computed, and has every node once."""
    order = order_of(tuple(each.inputs for each in nodes))
    assert sorted(order) == list(range(len(nodes)))
    assert all(order.index(one) < order.index(other) for one, other in edges(nodes))


def test_leaves_stand_just_before_their_first_use() -> None:
    """As one reads the expression: w, x, w·x, b, w·x + b."""
    assert order_of(((), (), (0, 1), (), (2, 3), (4,), (5,))) == (0, 1, 2, 3, 4, 5, 6)
    assert order_of(((), (), (), (0, 1), (3, 2))) == (0, 1, 3, 2, 4)


def rail_area(canvas: Canvas) -> list[str]:
    lines = [row for row in rows(canvas) if "expression" not in row]
    text = min(row.index(name) for row in lines for name in ("name", "w·x") if name in row)
    return [row[:text].rstrip() for row in lines]


def test_a_line_that_is_joined_touches() -> None:
    """w·x + b: x comes to the product, b to the sum."""
    assert rail_area(railed(square(), 60, 8)) == ["○", "│ ○", "○─╯", "│ ○", "○─╯", "○", "○"]


def test_a_line_that_is_only_passed_is_not_touched() -> None:
    """The third row takes the first's value past the line of the second, which is needed later."""
    nodes = [node("leaf", expression="name"), *(node("Op", *each) for each in ((0,), (0,), (0,), (1, 3), (2, 4)))]
    assert rail_area(railed(graph(nodes), 60, 7)) == ["○", "├─○", "├─│─○", "│ ○─╯", "○ │", "○─╯"]


def test_what_is_used_twice_has_two_lines() -> None:
    """x·x: one line goes straight, one beside it."""
    assert rail_area(railed(graph([node("leaf", expression="name"), node("Mul", 0, 0)]), 60, 2)) == ["○─╮", "○─╯"]


def test_the_way_of_the_gradient_is_heavy() -> None:
    """It has come from the square to the product, and b has it; what leads to the product is light."""
    assert rail_area(railed(square(5), 60, 8)) == ["○", "│ ○", "●─╯", "┃ ●", "●━┛", "●", "●"]


def test_a_line_is_heavy_as_far_as_the_gradient_came() -> None:
    """x·x + x when the sum has passed it on and the product has not: only the stretch of the sum is heavy."""
    nodes = [node("leaf", expression="name"), node("Mul", 0, 0), node("Add", 1, 0)]
    assert rail_area(railed(graph(nodes, [2, 1, 0], 2), 60, 3)) == ["○─╮", "┠─●", "●━┛"]


def test_what_is_too_much_for_the_rails_jumps() -> None:
    """Forty leaves that one node takes: the rails hold a few of their lines, the others have tags at both ends."""
    nodes = placed([*(node("leaf") for _ in range(40)), node("Cat", *range(40))])
    lines = rows(railed(graph(nodes)))
    assert read(lines) == edges(nodes)
    text = "\n".join(lines)
    assert "→a" in text
    assert "←a" in text


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("uses", [2, 3, 16, 17, 2000])
def test_what_is_used_ever_so_often_is_counted(uses: int, plain: bool) -> None:
    """As many lines as there is room for, and one tag for all others."""
    nodes = placed([node("leaf"), node("Cat", *[0] * uses)])
    lines = rows(railed(graph(nodes), 60, 9, Look(ascii=plain)))
    assert read(lines, plain) == edges(nodes)
    assert len("\n".join(lines).rstrip().split("\n")) == 4


@given(some_nodes(plumbing=False), st.integers(0, 12))
def test_rails_keep_to_their_columns(nodes: list[Node], columns: int) -> None:
    """Two lines side by side are the fewest."""
    rails = lay_rails(tuple(each.inputs for each in nodes), columns)
    assert rails.width <= 2 * max(2, columns) - 1


def test_few_lines_need_no_jumps() -> None:
    """A graph that fits has no tag."""
    assert not any(row.jumps for row in lay_rails(((), (), (0, 1), (), (2, 3)), 2).rows)


@settings(max_examples=60, deadline=None)
@given(some_nodes(most=40, plumbing=False), st.integers(1, 39))
def test_a_step_changes_the_rows_concerned(nodes: list[Node], step: int) -> None:
    """Those from the inputs of the node that passed its gradient on down to itself, and the node reached next."""
    order = backward(nodes)
    step = min(step, len(nodes) - 1)
    before, after = (railed(graph(placed(nodes), order, at), 110, 90) for at in (step, step + 1))
    left, reached = order[step - 1], order[step]
    column = rows(after)[0].index("value") + len("value")
    y_of = {}
    for y, row in enumerate(rows(after)):
        if y and (found := re.findall(r"\d+$", row[:column])):
            y_of[int(found[0])] = y
    allowed = {y_of[left], y_of[reached]}
    for each in nodes[left].inputs:
        allowed |= set(range(y_of[each], y_of[left] + 1))
    spread = [len(re.findall("[←→]", row)) for row in rows(after)]
    if not any(spread):
        assert {y for _, y, _ in after.changes(before)} <= allowed


@pytest.mark.parametrize("columns", [2, 5, 16])
def test_dense_graphs_are_laid_out(columns: int) -> None:
    """Every node uses all before it: far more lines than there is room for."""
    inputs = tuple(tuple(range(k)) for k in range(60))
    assert len(lay_rails(inputs, columns).rows) == 60
