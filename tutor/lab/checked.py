"""What a picture has to be beyond its types, so that drawing needs no second look."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lessons.kit.pictures import Bars, Bits, Graph, Grid, Histogram, Meter, Picture, Ruler, Surface, Table

MOST_NODES = 500


def check(picture: Picture) -> None:
    """Raises ValueError with a sentence for a picture that does not fit together."""
    if judge := _JUDGES.get(type(picture)):
        judge(picture)


def _surface(surface: Surface) -> None:
    field = surface.field
    if field is None:
        raise ValueError(f"the surface {surface.title!r} has no field")
    if field.columns < 2 or field.rows < 2 or field.rows * field.columns != len(field.heights):
        raise ValueError(
            f"the {len(field.heights)} heights of {surface.title!r} are no grid of {field.columns} columns"
        )
    for low, high in (field.x, field.y):
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"the sides of {surface.title!r} go from a low to a high number, not {low:g} to {high:g}")


def _meter(meter: Meter) -> None:
    if not meter.zones:
        raise ValueError(f"the meter {meter.title!r} has no zones")


def _graph(graph: Graph) -> None:
    name = f"the graph {graph.title!r}"
    if not graph.nodes:
        raise ValueError(f"{name} has no nodes")
    count = len(graph.nodes)
    if count > MOST_NODES:
        raise ValueError(f"{name} has {count} nodes; {MOST_NODES} are the most that can be drawn")
    if len(graph.flows) != count:
        raise ValueError(f"{name} has {count} nodes and {len(graph.flows)} flows; it takes one for each")
    if graph.now is not None and not 0 <= graph.now < count:
        raise ValueError(f"{name} stands at node {graph.now}, which it does not have")
    for place, node in enumerate(graph.nodes):
        if not all(0 <= each < place for each in node.inputs):
            raise ValueError(f"node {place} of {name} comes before one of its inputs; list inputs first")
    for flow in graph.flows:
        if not all(0 <= sent.to < count for sent in flow.sent):
            raise ValueError(f"{name} sends a gradient to a node that it does not have")


def _bars(bars: Bars) -> None:
    for bar in bars.bars:
        if len(bar.values) != len(bars.parts):
            raise ValueError(
                f"the bar {bar.name!r} of {bars.title!r} has {len(bar.values)} values for {len(bars.parts)} parts"
            )


def _bits(bits: Bits) -> None:
    for word in bits.words:
        if len(word.fields) != len(bits.fields):
            raise ValueError(
                f"{word.name!r} of {bits.title!r} has {len(word.fields)} fields for {len(bits.fields)} names"
            )
        if any(set(field) - {"0", "1"} for field in word.fields):
            raise ValueError(f"the fields of {word.name!r} in {bits.title!r} are strings of 0 and 1")


def _ruler(ruler: Ruler) -> None:
    for span in ruler.spans:
        if not 0 < span.low <= span.normal <= span.high < math.inf:
            raise ValueError(f"the span {span.name!r} of {ruler.title!r} goes from above 0 up: low, normal, high")


def _grid(grid: Grid) -> None:
    if len(grid.values) != len(grid.rows) * len(grid.columns):
        raise ValueError(
            f"the grid {grid.title!r} has {len(grid.values)} values for {len(grid.rows)} rows and "
            f"{len(grid.columns)} columns"
        )


def _histogram(histogram: Histogram) -> None:
    if not (-math.inf < histogram.low < histogram.high < math.inf):
        raise ValueError(f"the axis of {histogram.title!r} goes from a low to a high number")


def _table(table: Table) -> None:
    for row in table.rows:
        if len(row) != len(table.heads):
            raise ValueError(f"a row of {table.title!r} has {len(row)} cells for {len(table.heads)} heads")


_JUDGES: dict[type[Any], Callable[[Any], None]] = {
    Surface: _surface,
    Meter: _meter,
    Graph: _graph,
    Bars: _bars,
    Bits: _bits,
    Ruler: _ruler,
    Grid: _grid,
    Histogram: _histogram,
    Table: _table,
}
