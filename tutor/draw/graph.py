"""An autograd graph as rails, one row a node, or as layers where it is small."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.kit.pictures import Graph
from tutor.draw.canvas import Canvas


@dataclass(frozen=True)
class GraphView:
    """How a reader looks at a graph.

    `chosen` is the node they chose, None to follow the backward pass; `unfolded` are the rows of folded plumbing that
    they opened; `layers` asks for the drawing in layers; `focused`: the keys choose nodes.
    """

    chosen: int | None = None
    unfolded: frozenset[int] = frozenset()
    layers: bool = False
    focused: bool = False


def draw_graph(
    canvas: Canvas, x: int, y: int, w: int, h: int, graph: Graph, view: GraphView | None = None, frozen: bool = False
) -> None:
    """Draws into the box of `w` columns and `h` rows at (x, y)."""
