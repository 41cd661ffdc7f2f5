"""What a picture has to be beyond its types, so that drawing needs no second look, and never holds up the screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lessons.kit.pictures import (
    MOST_EDGES,
    MOST_NODES,
    Bars,
    Bits,
    Chart,
    Graph,
    Grid,
    Histogram,
    Meter,
    Picture,
    Ruler,
    Surface,
    Table,
    Timeline,
)

MOST: dict[type[Any], dict[str, int]] = {
    Chart: {"series": 32, "levels": 32},
    Meter: {"zones": 32, "limits": 32},
    Graph: {"nodes": MOST_NODES},
    Bars: {"parts": 32, "bars": 200},
    Timeline: {"kinds": 16, "lanes": 200},
    Bits: {"fields": 16, "words": 64},
    Ruler: {"spans": 16, "marks": 64},
    Grid: {"rows": 1000, "columns": 1000},
    Histogram: {"counts": 20_000, "marks": 64},
    Table: {"heads": 64, "rows": 1000},
}
"""How long the parts of a picture may be: far more than can be read, and drawn in a fraction of a second."""

MOST_POINTS = 100_000
"""Values of a chart, in all its lines."""
MOST_STEPS = 10_000
"""Of a path."""
MOST_HEIGHTS = 20_000
MOST_CELLS = 20_000
MOST_STRETCHES = 20_000
"""In all lanes of a timeline."""
MOST_CHARACTERS = 100_000
"""In all cells of a table."""
MOST_OF_A_NODE = 64
"""Sizes of its shape, which is torch's own limit, and values that it has saved."""


def check(picture: Picture) -> None:
    """Raises ValueError with a sentence for a picture that does not fit together, or is too large to be drawn."""
    kind = type(picture)
    for part, most in MOST.get(kind, {}).items():
        _at_most(f"the picture {picture.title!r}", len(getattr(picture, part) or ()), part, most)
    if judge := _JUDGES.get(kind):
        judge(picture)


def _at_most(name: str, count: int, things: str, most: int) -> None:
    if count > most:
        raise ValueError(f"{name} has {count} {things}; {most} are the most that can be drawn")


def _chart(chart: Chart) -> None:
    points = sum(len(series.values) for series in chart.series)
    _at_most(f"the chart {chart.title!r}", points, "points", MOST_POINTS)


def _surface(surface: Surface) -> None:
    field, name = surface.field, f"the surface {surface.title!r}"
    _at_most(name, len(surface.path), "steps", MOST_STEPS)
    if field is None:
        raise ValueError(f"{name} has no field")
    _at_most(name, len(field.heights), "heights", MOST_HEIGHTS)
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
    _at_most(name, sum(len(node.inputs) for node in graph.nodes), "edges", MOST_EDGES)
    if len(graph.flows) != count:
        raise ValueError(f"{name} has {count} nodes and {len(graph.flows)} flows; it takes one for each")
    if graph.now is not None and not 0 <= graph.now < count:
        raise ValueError(f"{name} stands at node {graph.now}, which it does not have")
    for place, node in enumerate(graph.nodes):
        if not all(0 <= each < place for each in node.inputs):
            raise ValueError(f"node {place} of {name} comes before one of its inputs; list inputs first")
        _at_most(f"node {place} of {name}", len(node.shape), "sizes", MOST_OF_A_NODE)
        _at_most(f"node {place} of {name}", len(node.saved), "saved values", MOST_OF_A_NODE)
    gradients = sum(len(flow.parts) + len(flow.sent) for flow in graph.flows)
    _at_most(name, gradients, "gradients", 2 * MOST_EDGES + MOST_NODES)
    for flow in graph.flows:
        if not all(0 <= sent.to < count for sent in flow.sent):
            raise ValueError(f"{name} sends a gradient to a node that it does not have")


def _bars(bars: Bars) -> None:
    for bar in bars.bars:
        if len(bar.values) != len(bars.parts):
            raise ValueError(
                f"the bar {bar.name!r} of {bars.title!r} has {len(bar.values)} values for {len(bars.parts)} parts"
            )


def _timeline(timeline: Timeline) -> None:
    name = f"the timeline {timeline.title!r}"
    if not 0 < timeline.end < math.inf:
        raise ValueError(f"{name} ends at {timeline.end:g}; it takes a number above 0")
    _at_most(name, sum(len(lane.stretches) for lane in timeline.lanes), "stretches", MOST_STRETCHES)
    for lane in timeline.lanes:
        for stretch in lane.stretches:
            if not 0 <= stretch.start <= stretch.end < math.inf:
                raise ValueError(f"a stretch of {lane.name!r} in {name} goes from 0 or later to a time not before")
            if not 0 <= stretch.kind < len(timeline.kinds):
                raise ValueError(f"a stretch of {lane.name!r} in {name} is of kind {stretch.kind}, which it has not")


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
    _at_most(f"the grid {grid.title!r}", len(grid.values), "cells", MOST_CELLS)
    if len(grid.values) != len(grid.rows) * len(grid.columns):
        raise ValueError(
            f"the grid {grid.title!r} has {len(grid.values)} values for {len(grid.rows)} rows and "
            f"{len(grid.columns)} columns"
        )
    if not set(grid.marked) <= set(range(len(grid.values))):
        raise ValueError(f"the grid {grid.title!r} marks a place that it does not have; places count from 0")


def _histogram(histogram: Histogram) -> None:
    if not (-math.inf < histogram.low < histogram.high < math.inf):
        raise ValueError(f"the axis of {histogram.title!r} goes from a low to a high number")


def _table(table: Table) -> None:
    for row in table.rows:
        if len(row) != len(table.heads):
            raise ValueError(f"a row of {table.title!r} has {len(row)} cells for {len(table.heads)} heads")
    characters = sum(len(cell) for row in (table.heads, *table.rows) for cell in row)
    _at_most(f"the table {table.title!r}", characters, "characters", MOST_CHARACTERS)


_JUDGES: dict[type[Any], Callable[[Any], None]] = {
    Chart: _chart,
    Surface: _surface,
    Meter: _meter,
    Graph: _graph,
    Bars: _bars,
    Timeline: _timeline,
    Bits: _bits,
    Ruler: _ruler,
    Grid: _grid,
    Histogram: _histogram,
    Table: _table,
}
