"""An autograd graph in words: what was computed, and how far the gradient has come."""

from __future__ import annotations

from lessons.kit.pictures import Flow, Graph, Node
from lessons.kit.words.numbers import number

_NAMED = 6
"""Up to so many leaves are told with their gradients."""


def graph_words(picture: Graph) -> str:
    nodes = picture.nodes or ()
    if not nodes:
        return f"{picture.title}: a graph without nodes."
    count = f"{len(nodes)} node{'s' * (len(nodes) != 1)}"
    sentences = [f"{picture.title}: a graph of {count}{_result(nodes[-1])}.", f"{_progress(picture, nodes)}."]
    return " ".join(sentences + _leaves(picture, nodes))


def _result(node: Node) -> str:
    if node.value is None:
        return ""
    shape = "×".join(map(str, node.shape))
    return (
        f"; its result, {shape}, has the norm {number(node.value)}"
        if shape
        else f"; its result is {number(node.value)}"
    )


def _progress(picture: Graph, nodes: tuple[Node, ...]) -> str:
    reached = sum(flow.gradient is not None for flow in picture.flows)
    if not reached:
        return "The backward pass has not begun"
    text = f"The backward pass has reached {'every node' if reached == len(nodes) else f'{reached} of them'}"
    if picture.now is None:
        return text
    flow = picture.flows[picture.now]
    gradient = f", whose gradient is {number(flow.gradient)}" if flow.gradient is not None else ""
    return f"{text} and stands at {_name(nodes[picture.now])}{gradient}"


def _leaves(picture: Graph, nodes: tuple[Node, ...]) -> list[str]:
    """The gradients of the leaves that have one, once the pass is under way."""
    leaves = [(node, flow) for node, flow in zip(nodes, picture.flows) if not node.inputs]
    known = [(node, flow) for node, flow in leaves if flow.gradient is not None]
    if not leaves or all(flow.gradient is None for flow in picture.flows):
        return []
    if not known:
        return ["No leaf has its gradient yet."]
    told = [_gradient(node, flow) for node, flow in known[:_NAMED]]
    if len(known) > _NAMED:
        told.append(f"{len(known) - _NAMED} more")
    waiting = len(leaves) - len(known)
    rest = f"; {waiting} {'leaf waits' if waiting == 1 else 'leaves wait'}" if waiting else ""
    return [f"Gradients of leaves: {', '.join(told)}{rest}."]


def _gradient(node: Node, flow: Flow) -> str:
    kept = f" (.grad is now {number(flow.kept)})" if flow.kept is not None else ""
    return f"{node.name} {number(flow.gradient or 0.0)}{kept}"


def _name(node: Node) -> str:
    """The operation with what it computed, of a leaf its name."""
    if not node.inputs or not node.expression:
        return node.name
    return f"{node.operation} ({node.expression})"
