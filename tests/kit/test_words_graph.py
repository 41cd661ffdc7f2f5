"""What a graph says to someone who cannot see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Flow, Graph, Node
from lessons.kit.words import summary

NODES = (
    Node("leaf", "w", (), (), "float32", 2.0),
    Node("leaf", "x", (), (), "float32", 3.0),
    Node("Mul", "w·x", (0, 1), (), "float32", 6.0, ("w = 2", "x = 3")),
)
GRADIENTS = (3.0, 2.0, 1.0)


def said(reached: tuple[int, ...] = (), now: int | None = None, kept: float | None = None) -> str:
    """The words for w·x when the pass has come to these nodes."""
    flows = [
        Flow((), GRADIENTS[place], (), None if place else kept) if place in reached else Flow() for place in range(3)
    ]
    return summary(Graph("Product", NODES, tuple(flows), now))


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        (said(), "The backward pass has not begun."),
        (
            said((2,), 2),
            "The backward pass has reached 1 of them and stands at Mul (w·x), whose gradient is 1. "
            "No leaf has its gradient yet.",
        ),
        (
            said((2, 1), 1),
            "The backward pass has reached 2 of them and stands at x, whose gradient is 2. "
            "Gradients of leaves: x 2; 1 leaf waits.",
        ),
        (said((2, 1, 0)), "The backward pass has reached every node. Gradients of leaves: w 3, x 2."),
        (
            said((2, 1, 0), kept=6.0),
            "The backward pass has reached every node. Gradients of leaves: w 3 (.grad is now 6), x 2.",
        ),
    ],
)
def test_a_graph_says_how_far_the_gradient_has_come(words: str, sentences: str) -> None:
    """First what was computed, then where the pass stands, then what the leaves have."""
    assert words == f"Product: a graph of 3 nodes; its result is 6. {sentences}"


def test_a_node_is_named_by_what_it_computed_or_does() -> None:
    """The operation stands in where no expression is known."""
    assert NODES[2].name == "w·x"
    assert Node("Mul", "", (), (), "float32").name == "Mul"


def test_a_result_of_several_elements_is_told_by_its_norm() -> None:
    node = Node("Mm", "h", (), (2, 4), "float32", 1.5)
    assert summary(Graph("Layer", (node,), (Flow(),))).startswith(
        "Layer: a graph of 1 node; its result, 2×4, has the norm 1.5."
    )


def test_of_many_leaves_the_first_are_told() -> None:
    """A screen reader reads them one after the other."""
    nodes = tuple(Node("leaf", f"w{k}", (), (), "float32") for k in range(20))
    words = summary(Graph("Model", nodes, tuple(Flow((), 1.0) for _ in nodes)))
    assert "w5 1, 14 more." in words
    assert "w6" not in words


def test_a_graph_that_was_not_sent_has_words_too() -> None:
    assert summary(Graph("Model", None, ())) == "Model: a graph without nodes."


@given(st.lists(st.none() | st.floats(), min_size=3, max_size=3), st.none() | st.integers(0, 2))
def test_any_flow_has_one_to_three_sentences(gradients: list[float | None], now: int | None) -> None:
    """Also nan, and a pass that stands where it has no gradient."""
    words = summary(Graph("Product", NODES, tuple(Flow((), each) for each in gradients), now))
    assert 2 <= words.replace(".grad", "grad").count(". ") + 1 <= 3
