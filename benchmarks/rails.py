"""Graphs: what laying one out and drawing it costs in the app's process, beside encoding it once as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace

from benchmarks.figures import Aim, Figure
from lessons.kit.pictures import Flow, Graph, Node
from tutor.draw.canvas import Canvas, Look
from tutor.draw.columns import fitted, texts
from tutor.draw.folding import fold
from tutor.draw.graph import GraphView, draw_graph
from tutor.draw.layers import lay_layers
from tutor.draw.rails import lay_rails, order_of

WIDTH, HEIGHT = 62, 40
MOST_MS = 5
"""A tenth of a frame at 20 a second."""


def graphs(runs: int) -> list[Figure]:
    """CPU milliseconds: an attention block of 53 nodes anew and a step on, and a residual block in layers."""
    attention, residual = _attention(), _residual()
    name, small = (f"graph of {len(graph.nodes or ())} nodes" for graph in (attention, residual))
    anew, step, layers, beside = [], [], [], []
    for _ in range(runs):
        _forget()
        anew.append(_cpu(lambda: _draw(attention)))
        further = replace(attention, now=20)
        step.append(_cpu(lambda: _draw(further)))  # noqa: B023
        _forget()
        layers.append(_cpu(lambda: _draw(residual, GraphView(layers=True))))
        beside.append(_cpu(lambda: json.dumps(asdict(attention))))
    return [
        Figure(f"{name}, anew", "CPU ms", anew, beside, Aim(MOST_MS), "beside its JSON"),
        Figure(f"{name}, a step on", "CPU ms", step, beside, Aim(MOST_MS)),
        Figure(f"{small} in layers, anew", "CPU ms", layers, beside),
    ]


def _draw(graph: Graph, view: GraphView | None = None) -> None:
    draw_graph(Canvas(WIDTH, HEIGHT, Look(), "panel"), 0, 0, WIDTH, HEIGHT, graph, view)


def _forget() -> None:
    """Empties what the layouts keep, so that the next drawing is the first."""
    for kept in (fold, order_of, lay_rails, lay_layers, texts, fitted):
        kept.cache_clear()


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def _graph(nodes: list[Node]) -> Graph:
    """Half way through its backward pass."""
    middle = len(nodes) // 2
    flows = tuple(Flow((0.5,), 0.5) if place >= middle else Flow() for place in range(len(nodes)))
    return Graph("graph", tuple(nodes), flows, middle)


def _residual() -> Graph:
    names = ("x", "w1", "t", "b1", "norm", "linear", "gelu", "w2", "t", "b2", "linear", "add", "mean")
    inputs: list[tuple[int, ...]] = [(), (), (1,), (), (0,), (3, 4, 2), (5,), (), (7,), (), (9, 6, 8), (0, 10), (11,)]
    return _graph([Node(name, name, each, (2, 8), "float32", 0.5) for name, each in zip(names, inputs)])


def _attention() -> Graph:
    """Queries, keys and values, their products, and two linear layers with residuals, as torch records them."""
    nodes = [Node("leaf", "x", (), (2, 4, 16), "float32", 1.0)]

    def add(operation: str, *inputs: int, plumbing: bool = False) -> int:
        nodes.append(
            Node(operation, f"{operation.lower()}{len(nodes)}", inputs, (2, 4, 16), "float32", 0.5, (), plumbing)
        )
        return len(nodes) - 1

    def linear(source: int, views: int) -> int:
        weight, bias = add("leaf"), add("leaf")
        place = add("Addmm", bias, source, add("T", weight, plumbing=True))
        for _ in range(views):
            place = add("View", place, plumbing=True)
        return place

    query, key, value = linear(0, 3), linear(0, 4), linear(0, 3)
    scores = add("Softmax", add("Div", add("UnsafeView", add("Bmm", query, key), plumbing=True)))
    mixed = add("Bmm", add("View", add("Expand", scores, plumbing=True), plumbing=True), value)
    joined = add("View", add("Clone", mixed, plumbing=True), plumbing=True)
    first = add("Add", 0, linear(joined, 1))
    hidden = add("Gelu", linear(add("View", first, plumbing=True), 1))
    add("Mean", add("Add", first, linear(add("View", hidden, plumbing=True), 1)))
    return _graph(nodes)
