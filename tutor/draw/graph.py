"""An autograd graph as rails, one row a node, or as layers where it is small."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lessons.kit.pictures import Graph
from tutor.draw.canvas import Canvas
from tutor.draw.drawing import Drawing
from tutor.draw.folding import Row, flow_of, fold, row_at, stands_at
from tutor.draw.glyphs import cut
from tutor.draw.layer_rows import draw_layers
from tutor.draw.node import NODE_ROWS, draw_node
from tutor.draw.rail_rows import draw_rails
from tutor.draw.rails import order_of

__all__ = ["NODE_ROWS", "GraphView", "draw_graph", "draw_node", "graph_rows"]

ROOMY = 14
"""Up to so many rows a graph would like blank ones between."""


LEAST_WITH_WORD = 8
"""Rows from which one says why there are no layers."""


@dataclass(frozen=True)
class GraphView:
    """How a reader looks at a graph.

    `chosen` is the node they chose, None to follow the backward pass, and `kept` whether it stays chosen when the keys
    are elsewhere; `unfolded` are the rows of folded plumbing that they opened; `layers` asks for the drawing in layers;
    `focused`: the keys choose nodes.
    """

    chosen: int | None = None
    kept: bool = False
    unfolded: frozenset[int] = frozenset()
    layers: bool = False
    focused: bool = False

    def begin(self, graph: Graph | None) -> GraphView:
        """The keys come to the graph: to what was kept, else to the row that was followed so far."""
        view = replace(self, focused=True)
        return view if self.kept or graph is None else replace(view, chosen=None).choose(graph, 0)

    def leave(self) -> GraphView:
        """The keys go elsewhere; a node that was not kept is let go."""
        return replace(self, focused=False, chosen=self.chosen if self.kept else None)

    def afresh(self) -> GraphView:
        """The same look at another graph."""
        return GraphView(layers=self.layers, focused=self.focused)

    def choose(self, graph: Graph, by: int) -> GraphView:
        """Moves among the rows as they are drawn; the first move goes to the row that is followed now."""
        rows, order = _rows(graph, self)
        if not rows:
            return self
        at = order.index(_focus(graph, self, rows, order))
        if self._chosen_row(rows) is not None:
            at = max(0, min(len(order) - 1, at + by))
        return replace(self, chosen=rows[order[at]].place)

    def enter(self, graph: Graph) -> GraphView:
        """Opens or closes the chosen run of plumbing; else keeps the chosen node, or lets it go."""
        rows, order = _rows(graph, self)
        if not rows:
            return self
        at = self._chosen_row(rows)
        row = rows[_focus(graph, self, rows, order) if at is None else at]
        if at is not None and (row.folded or row.opened):
            return replace(self, chosen=row.place, unfolded=self.unfolded ^ {row.place})
        return replace(self, chosen=row.place, kept=not self.kept)

    def subject(self, graph: Graph) -> int | None:
        """The node whose details are shown."""
        if self.chosen is not None and 0 <= self.chosen < len(graph.nodes or ()):
            return self.chosen
        return graph.now

    def _chosen_row(self, rows: tuple[Row, ...]) -> int | None:
        return row_at(rows, self.chosen)


def _rows(graph: Graph, view: GraphView) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    """The rows as the graph's nodes come, and their places in drawn order."""
    rows = fold(graph.nodes or (), view.unfolded)
    return rows, order_of(tuple(row.inputs for row in rows))


def _focus(graph: Graph, view: GraphView, rows: tuple[Row, ...], order: tuple[int, ...]) -> int:
    """The row to keep in view: the chosen one, where the pass stands, the highest that it has reached, or the last."""
    chosen = view._chosen_row(rows)
    if chosen is not None:
        return chosen
    reached = [place for place in order if flow_of(graph, rows[place]).gradient is not None]
    return next((place for place in order if stands_at(graph, rows[place])), (reached or order[-1:])[0])


def graph_rows(graph: Graph, view: GraphView) -> int:
    """The rows that a graph would like to have, with blank ones where it is small."""
    count = len(_rows(graph, view)[0])
    return 1 + (2 * count - 1 if count <= ROOMY else count)


def draw_graph(
    canvas: Canvas, x: int, y: int, w: int, h: int, graph: Graph, view: GraphView | None = None, frozen: bool = False
) -> None:
    """Draws into the box of `w` columns and `h` rows at (x, y).

    The chosen row's bar stands two columns left of the box while the view has focus.
    """
    view = view or GraphView()
    rows, order = _rows(graph, view)
    box = Canvas(w, h, canvas.look, canvas.ground)
    if not rows or not box.width or not box.height:
        return
    drawing = Drawing(graph, rows, view._chosen_row(rows), view.focused, frozen)
    why = draw_layers(box, drawing) if view.layers else ""
    if view.layers and not why:
        canvas.paste(box, x, y)
        return
    told = int(bool(why) and h >= LEAST_WITH_WORD)
    if told:
        box.put(0, h - 1, cut(f"drawn as rails: {why}", w), "faint")
    inner = Canvas(w, h - told, canvas.look, canvas.ground)
    marked = draw_rails(inner, drawing, _focus(graph, view, rows, order))
    box.paste(inner, 0, 0)
    if marked is not None and view.focused:
        canvas.fill(x - 2, y + marked, w + 3, 1, "text on raised")
        canvas.put(x - 2, y + marked, "▌", "accent on raised")
    canvas.paste(box, x, y)
