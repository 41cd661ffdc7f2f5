"""What rails and layers share: the graph to draw, how the reader looks at it, and lines that the gradient warms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lessons.kit.pictures import Graph
from tutor.draw.canvas import Canvas
from tutor.draw.folding import Row, passed_on
from tutor.draw.lines import HEAVY, NONE, glyph, weight
from tutor.draw.rails import Edges


@dataclass(frozen=True)
class Drawing:
    """A graph by its rows, of which `chosen` is one; `raised`: on a ground of its own. `frozen`: in quiet colours."""

    graph: Graph
    rows: tuple[Row, ...]
    chosen: int | None
    raised: bool
    frozen: bool

    @property
    def inputs(self) -> tuple[tuple[int, ...], ...]:
        return tuple(row.inputs for row in self.rows)

    @property
    def accent(self) -> str:
        """The token for what the gradient has reached."""
        return "muted" if self.frozen else "accent"

    def passed(self, order: Iterable[int]) -> Edges:
        """The edges that the gradient has passed along, where bit k is for those to the k-th row of `order`."""
        return sum(1 << k for k, place in enumerate(order) if passed_on(self.graph, self.rows[place]))

    def line(
        self, box: Canvas, x: int, y: int, arms: tuple[Edges, Edges, Edges, Edges], passed: Edges, ground: str = ""
    ) -> None:
        """Draws the lines of one cell, heavy where the gradient has passed."""
        up, right, down, left = (weight(edges, passed) for edges in arms)
        heaviest = max(up, right, down, left)
        if heaviest > NONE:
            spec = self.accent if heaviest == HEAVY else "muted"
            box.put(x, y, glyph((up, right, down, left), box.look.ascii), spec + ground)
