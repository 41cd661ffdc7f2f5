"""What the tests of graphs share: graphs made up and one worth knowing, how far a pass is, and the edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from random import Random

from hypothesis import strategies as st

from lessons.kit.pictures import Flow, Graph, Node, Sent

Edges = Counter[tuple[int, int]]


def node(operation: str, *inputs: int, expression: str = "", value: float = 1.0, plumbing: bool = False) -> Node:
    return Node(operation, expression, inputs, (), "float32", value, (), plumbing)


def graph(nodes: Sequence[Node], order: Sequence[int] = (), step: int = 0) -> Graph:
    """A graph whose pass stands at `order[step - 1]`, having passed on what came before; every gradient is 1."""
    reached = set(order[:step])
    now = order[step - 1] if step else None
    flows = []
    for place in range(len(nodes)):
        parts = [1.0 for user, each in enumerate(nodes) if user in reached - {now} for at in each.inputs if at == place]
        sent = tuple(Sent(at, 1.0, "1 · 1") for at in nodes[place].inputs) if place in reached else ()
        flows.append(Flow(tuple(parts), 1.0 if place in reached else None, sent))
    return Graph("graph", tuple(nodes), tuple(flows), now)


def backward(nodes: Sequence[Node]) -> list[int]:
    """An order in which a pass can reach all nodes: users before what they use."""
    return list(reversed(range(len(nodes))))


def square(step: int = 0) -> Graph:
    """(w·x + b − 10)² at w = 2, x = 3, b = 1, with its real gradients."""
    names = ("w", "x", "w·x", "b", "w·x + b", "w·x + b − 10", "(w·x + b − 10)²")
    operations = ("leaf", "leaf", "Mul", "leaf", "Add", "Sub", "Pow")
    inputs: tuple[tuple[int, ...], ...] = ((), (), (0, 1), (), (2, 3), (4,), (5,))
    values = (2.0, 3.0, 6.0, 1.0, 7.0, -3.0, 9.0)
    saved = ((), (), ("w = 2", "x = 3"), (), (), (), ("w·x + b − 10 = −3",))
    gradients = (-18.0, -12.0, -6.0, -6.0, -6.0, -6.0, 1.0)
    rules = {(2, 0): "−6 · 3", (2, 1): "−6 · 2", (6, 5): "2 · (−3) · 1"}
    nodes = tuple(
        Node(operation, name, each, (), "float32", value, kept)
        for operation, name, each, value, kept in zip(operations, names, inputs, values, saved)
    )
    reached = [6, 5, 4, 3, 2, 1, 0][:step]
    flows = []
    for place, gradient in enumerate(gradients):
        sent = tuple(Sent(at, gradients[at], rules.get((place, at), "")) for at in inputs[place])
        users = [user for user in reached[:-1] if place in inputs[user]]
        parts = (gradient,) if users or (place == 6 and step) else ()
        flows.append(Flow(parts, gradient, sent) if place in reached else Flow(parts))
    return Graph("(w·x + b − 10)²", nodes, tuple(flows), reached[-1] if step else None)


def block(rows: int = 5) -> Graph:
    """A chain of `rows` matrix products with weights, each followed by three views: much plumbing."""
    nodes = [node("leaf", expression="x")]
    for k in range(rows):
        nodes.append(node("leaf", expression=f"w{k}"))
        nodes.append(node("Mm", len(nodes) - 2, len(nodes) - 1, expression=f"h{k}"))
        nodes += [node("View", len(nodes) - 1 + each, plumbing=True) for each in range(3)]
    return graph(nodes)


def edges(nodes: Sequence[Node]) -> Edges:
    """(input, user), as often as it is used."""
    return Counter((each, user) for user, those in enumerate(nodes) for each in those.inputs)


@st.composite
def some_nodes(draw: st.DrawFn, least: int = 3, most: int = 100, plumbing: bool = True) -> list[Node]:
    """Graphs of so many nodes. Hypothesis shrinks their size; what is in them comes from a seed."""
    return random_nodes(Random(draw(st.integers(0, 10**6))), draw(st.integers(least, most)), plumbing)


def random_nodes(random: Random, count: int, plumbing: bool) -> list[Node]:
    """Graphs as they come: chains, joins, wide fan-out, one input twice or thrice, leaves anywhere, several results."""
    near, leafy, wide = random.choice([1, 2, 3, 8, 100]), random.choice([1, 3, 6]), random.choice([2, 3, 12])
    hub = random.random() < 0.5
    nodes = [node("leaf")]
    for place in range(1, count):
        if random.randrange(10) < leafy:
            nodes.append(node("leaf"))
            continue
        arity = random.choice([1, 1, 2, 2, 2, random.randint(1, wide)])
        inputs = [random.randrange(max(0, place - near), place) for _ in range(arity)]
        inputs += [0] * (hub and random.random() < 0.3)
        inputs += inputs[:1] * (random.random() < 0.1) * random.randint(1, 2)
        view = plumbing and len(inputs) == 1 and random.random() < 0.7
        nodes.append(node("View" if view else "Op", *inputs, plumbing=view))
    return nodes


@st.composite
def any_graph(draw: st.DrawFn, words: st.SearchStrategy[str], numbers: st.SearchStrategy[float]) -> Graph:
    """A graph of any size that says anything, with any numbers."""
    nodes = draw(some_nodes(1, 45))
    texts = cycle(draw(st.lists(words, min_size=1, max_size=7)))
    values = cycle(draw(st.lists(st.none() | numbers, min_size=1, max_size=7)))
    shapes = cycle([(), (3,), (2, 4, 16), (128, 3, 1024, 1024)])
    nodes = [
        Node(
            next(texts),
            next(texts),
            each.inputs,
            next(shapes),
            next(texts),
            next(values),
            (next(texts),),
            each.plumbing,
        )
        for each in nodes
    ]
    flows = []
    for each in nodes:
        parts = tuple(value for value in (next(values), next(values)) if value is not None)
        sent = tuple(Sent(at, next(values) or 0.0, next(texts)) for at in each.inputs)
        flows.append(Flow(parts, next(values), sent, next(values)))
    return Graph(next(texts), tuple(nodes), tuple(flows), draw(st.none() | st.integers(0, len(nodes) - 1)))
