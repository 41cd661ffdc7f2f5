"""Graphs on the screen: what stands beside the rails, which rows are seen, how one moves, and a node in detail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.kit.pictures import Flow, Graph, Node, Sent
from tests.draw.graphs import backward, block, graph, node, some_nodes, square
from tests.draw.pictures import drawn, rows, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.graph import NODE_ROWS, GraphView, draw_graph, draw_node, graph_rows

CHAIN = [node("leaf", expression="n0"), *(node("Op", k, expression=f"n{k + 1}") for k in range(59))]


def shown(picture: Graph, w: int = 60, h: int = 16, view: GraphView | None = None, look: Look | None = None) -> Canvas:
    return drawn(lambda canvas, x, y: draw_graph(canvas, x, y, w, h, picture, view), w, h, look or Look())


def detail(picture: Graph, place: int, w: int = 60) -> list[str]:
    box = drawn(lambda canvas, x, y: draw_node(canvas, x, y, w, picture, place), w, NODE_ROWS, Look())
    return [row.rstrip() for row in rows(box)]


def with_flow(flow: Flow, place: int = 0, step: int = 5) -> Graph:
    """The square's graph, with something else that has come to one node."""
    flows = list(square(step).flows)
    flows[place] = flow
    return replace(square(step), flows=tuple(flows))


def column(canvas: Canvas, head: str) -> list[str]:
    """What stands under a head that is right-aligned, row by row."""
    stop = rows(canvas)[0].index(head) + len(head)
    return [row[:stop].rsplit("  ", 1)[-1].strip() for row in rows(canvas)[1:]]


def test_rows_stand_apart_where_there_is_room() -> None:
    """Seven nodes and a head: fourteen rows, or eight."""
    assert [row.split() for row in rows(shown(square(5), h=14))[2::2]] == [
        ["│"],
        ["│", "│"],
        ["┃"],
        ["┃", "┃"],
        *[["┃"]] * 2,
    ]
    assert [bool(row.strip()) for row in rows(shown(square(5), h=9))] == [True] * 8 + [False]


def test_a_row_says_what_it_is() -> None:
    assert rows(shown(square(5), h=14))[5].split() == ["●─╯", "w·x", "Mul", "()", "6", "▲", "−6"]


def test_gradients_are_a_dot_until_they_are_known() -> None:
    """In the pass the column fills from below; the sign stands where the pass is."""
    assert column(shown(square(), h=8), "gradient") == ["·"] * 7
    assert column(shown(square(3), h=8), "gradient") == ["·", "·", "·", "·", "▲ −6", "−6", "1"]


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        (Flow((3.0,), 3.0), "3"),
        (Flow((3.0,), 12.0, (), 24.0), "12 → 24"),
        (Flow((-6.0, 2.5)), "−6 + 2.5"),
        (Flow(()), "·"),
        (Flow((float("nan"),), float("nan")), "nan"),
    ],
)
def test_a_gradient_tells_how_it_came_about(flow: Flow, said: str) -> None:
    """Parts of the sum as they come in, and what a leaf's .grad is after it where that differs."""
    assert column(shown(with_flow(flow), 74, 8), "gradient")[0] == said


def test_parts_that_are_still_to_come_are_hinted_at() -> None:
    """x·x + x: the sum's part has come, the two of the product have not."""
    nodes = [node("leaf", expression="x"), node("Mul", 0, 0), node("Add", 1, 0)]
    assert column(shown(graph(nodes, [2, 1, 0], 2), 74, 5), "gradient")[0] == "1 + …"


@pytest.mark.parametrize(
    ("w", "heads"),
    [
        (74, "expression node shape, f32 value gradient"),
        (60, "expression node shape, f32 value gradient"),
        (50, "expression node shape value gradient"),
        (44, "expression node value gradient"),
        (38, "expression value gradient"),
        (27, "expression gradient"),
        (25, "gradient"),
        (14, "gradient"),
    ],
)
def test_narrow_boxes_have_fewer_columns(w: int, heads: str) -> None:
    """Name and gradient stay longest."""
    assert rows(shown(square(5), w, 8))[0].split() == heads.split()


def test_types_stand_in_the_rows_where_they_differ() -> None:
    """Mixed precision: each row has its own; where all are the same the head says it once, or nobody."""
    nodes = [node("leaf", expression="w"), replace(node("ToCopy", 0), dtype="torch.bfloat16", shape=(2, 4, 16))]
    lines = rows(shown(graph(nodes), 74, 5))
    assert "() " in lines[1]
    assert " f32 " in lines[1]
    assert re.search("2×4×16 +bf16", lines[3])


def test_a_long_expression_keeps_both_ends() -> None:
    """Its last operation stands at the end."""
    name = "(((w·x + b)·v + c)·u + d)²"
    line = rows(shown(graph([replace(each, expression=name) for each in CHAIN[:8]]), 50, 10))[2]
    assert re.search(r"\(\(\(w.*….*d\)²", line)


def first_row(canvas: Canvas) -> str:
    return next(word for row in rows(canvas) for word in row.split() if word.startswith("n") and word[1:].isdigit())


def test_the_row_of_the_pass_is_always_seen() -> None:
    """At every step of sixty, and the rows move only now and then."""
    seen = []
    for step in range(len(CHAIN) + 1):
        canvas = shown(graph(CHAIN, backward(CHAIN), step), h=16)
        assert "▲" in text(canvas) or step == 0
        seen.append(first_row(canvas))
    assert 1 < len(set(seen)) <= 10


def test_what_is_cut_off_is_counted() -> None:
    """Before the pass begins its end is shown, where it will begin."""
    lines = rows(shown(graph(CHAIN), h=16))
    assert "↑ 46 more" in lines[1]
    assert "n59" in lines[-1]
    lines = rows(shown(graph(CHAIN), h=16, view=GraphView(chosen=0)))
    assert " n0 " in lines[1]
    assert "↓ 46 more" in lines[-1]


@settings(max_examples=100, deadline=None)
@given(some_nodes(), st.integers(0, 99), st.integers(5, 40))
def test_the_chosen_row_is_always_seen(nodes: list[Node], place: int, h: int) -> None:
    """Also where it is inside a run that is folded."""
    view = GraphView(chosen=place % len(nodes))
    assert "▸" in text(shown(graph(nodes, backward(nodes), 2), 60, h, view))


def walk(view: GraphView, picture: Graph, moves: Sequence[int]) -> GraphView:
    for by in moves:
        view = view.choose(picture, by)
    return view


def test_choosing_begins_where_the_pass_stands() -> None:
    """The first key shows where one is, the next ones move, and the ends hold."""
    assert walk(GraphView(), square(5), [1]).chosen == 2
    assert walk(GraphView(), square(5), [1, 1]).chosen == 3
    assert walk(GraphView(), square(5), [-1, -1, -1, -1]).chosen == 0
    assert walk(GraphView(), square(), [1, 1, 1]).chosen == 6


def test_a_run_is_chosen_as_one_row_and_opened_with_enter() -> None:
    """After the product come its three views as one row; opened, they are three; enter on the first closes them."""
    picture = block(7)
    view = GraphView(chosen=2).choose(picture, 1)
    assert view.chosen == 3
    assert view.choose(picture, 1).chosen not in (4, 5)
    opened = view.enter(picture)
    assert opened == replace(view, unfolded=frozenset({3}))
    assert walk(opened, picture, [1, 1]).chosen == 5
    assert opened.enter(picture) == view


def test_enter_keeps_the_node_and_lets_it_go() -> None:
    """What is kept stays when the keys leave; what was let go, or only chosen, follows the pass again."""
    kept = GraphView().begin(square(5)).enter(square(5))
    assert (kept.chosen, kept.kept, kept.focused) == (2, True, True)
    assert kept.leave().subject(square(6)) == 2
    assert kept.leave().begin(square(6)).chosen == 2
    assert kept.enter(square(6)).leave().chosen is None
    assert GraphView().begin(square(5)).choose(square(5), 1).leave().chosen is None
    assert kept.afresh() == GraphView(focused=True)
    assert GraphView().subject(square(6)) == 1
    assert GraphView().subject(square()) is None


def test_a_choice_that_another_graph_does_not_have_is_none() -> None:
    """Turned to a smaller graph: nothing is chosen, nothing breaks."""
    view = GraphView(chosen=50, unfolded=frozenset({40}))
    assert view.subject(square(5)) == 2
    assert "▸" not in text(shown(square(5), view=view))
    assert view.choose(square(5), 1).chosen == 2


@settings(max_examples=50, deadline=None)
@given(some_nodes(), st.lists(st.sampled_from([-5, -1, 0, 1, 5]), max_size=30))
def test_any_keys_in_any_graph(nodes: list[Node], keys: list[int]) -> None:
    """0 stands for enter; whatever is chosen is a node."""
    view, picture = GraphView(), graph(nodes)
    for key in keys:
        view = view.choose(picture, key) if key else view.enter(picture)
        assert view.chosen is None or 0 <= view.chosen < len(nodes)
        assert view.subject(picture) == view.chosen


def focused(look: Look) -> Canvas:
    canvas = Canvas(66, 16, look, "panel")
    draw_graph(canvas, 3, 1, 60, 14, square(5), GraphView(chosen=2, focused=True))
    return canvas


def test_the_bar_stands_two_columns_before_the_box() -> None:
    """In the panel's gutter, and only while the keys choose nodes."""
    marked = [row for row in rows(focused(Look())) if "▌" in row]
    assert len(marked) == 1
    assert marked[0].startswith(" ▌ ●─╯")
    canvas = focused(Look())
    assert len([1 for y in range(16) for s in canvas.segments(y) if s.style == Look().style("text on raised")]) > 1


def test_without_focus_a_chosen_row_has_its_sign() -> None:
    canvas = shown(square(5), h=14, view=GraphView(chosen=2))
    assert "▌" not in text(canvas)
    assert "▸ w·x" in text(canvas)


def test_a_frozen_graph_has_no_accent() -> None:
    """The run ended badly."""
    canvas = Canvas(60, 14, Look())
    draw_graph(canvas, 0, 0, 60, 14, square(5), frozen=True)
    accent = Look().style("accent").color
    assert not any(s.style and s.style.color == accent for y in range(14) for s in canvas.segments(y))


def test_it_asks_for_the_rows_that_it_needs() -> None:
    """A head, and blank rows between only while there are few; folded rows count as one."""
    assert graph_rows(square(), GraphView()) == 14
    assert graph_rows(graph(CHAIN[:20]), GraphView()) == 21
    assert graph_rows(block(7), GraphView()) == 1 + 1 + 7 * 3
    assert graph_rows(block(7), GraphView(unfolded=frozenset({3}))) == 1 + 1 + 7 * 3 + 2


def test_a_node_tells_what_it_sends_and_why() -> None:
    """The rule and its value, a row for each input; what is saved stands at the right."""
    head, first, second, last = detail(square(5), 2)
    assert head.split() == ["Mul", "w·x", "saved", "for", "backward:", "w", "=", "2,", "x", "=", "3"]
    assert head.endswith("x = 3")
    assert len(head) == 60
    assert first == "to w   −6 · 3 = −18"
    assert second == "to x   −6 · 2 = −12"
    assert last == ""


def test_without_a_rule_only_the_value_stands_there() -> None:
    assert detail(square(4), 4)[1:3] == ["to w·x   −6", "to b     −6"]


def test_before_it_is_reached_a_node_tells_what_it_waits_for() -> None:
    """And what has come in so far."""
    assert detail(square(), 6)[1] == "waits for backward() to begin"
    assert detail(square(5), 0)[1] == "waits for Mul"
    nodes = [node("leaf"), node("Mul", 0, 0), node("Exp", 0), node("Sin", 0), node("Cat", 1, 2, 3)]
    assert detail(graph(nodes, [4, 3, 2, 1, 0], 1), 0)[1] == "waits for Mul, Exp and 1 more"
    assert detail(graph(nodes, [4, 3, 2, 1, 0], 3), 0)[1] == "1 so far; waits for Mul and Exp"


def test_a_leaf_tells_its_gradient_and_its_grad() -> None:
    flow = Flow((3.0, 9.0), 12.0, (), 24.0)
    assert detail(with_flow(flow), 0)[1] == "gradient 12 = 3 + 9   .grad is now 24"


def test_more_gradients_than_rows_are_counted() -> None:
    nodes = [*(node("leaf", expression=f"x{k}") for k in range(9)), node("Cat", *range(9))]
    assert detail(graph(nodes, [9], 1), 9)[1:] == ["to x0   1 · 1 = 1", "to x1   1 · 1 = 1", "and 7 more"]


@given(st.integers(0, 70), st.integers(0, 7), st.integers(0, 8))
def test_details_keep_to_their_rows(w: int, step: int, place: int) -> None:
    """Whatever is asked for and however narrow: `NODE_ROWS` rows, a number whole or not there at all."""
    assert len(detail(square(step), place, w)) == NODE_ROWS


def test_a_name_that_is_long_does_not_hide_the_value() -> None:
    flows = Flow((1.0,), 1.0, (Sent(5, -18.0, "2 · (w·x + b − 10) · 1 and much more than fits into a row"),))
    assert detail(with_flow(flows, 6), 6, 40)[1].endswith("… = −18")
