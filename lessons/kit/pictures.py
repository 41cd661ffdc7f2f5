"""Frame, what a demo yields, and the pictures in it: plain frozen data, no drawing and no torch.

Standard library only, Python 3.9 and newer: this module runs in the worker, beside any torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as _field
from typing import Any, Union

Point = tuple[float, float]

MOST_NODES, MOST_EDGES = 500, 2000
"""The largest graph that is read and drawn; an input that is used twice is two edges."""


@dataclass(frozen=True)
class Series:
    """One line of a chart: y at x = 0, 1, 2, ... Non-finite values are kept: a diverging loss is one."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Level:
    """A dotted horizontal line in a chart, and what it means."""

    value: float
    meaning: str


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis 0..`steps`. `low` and `high` fix the y axis; a value beyond them widens it."""

    title: str
    series: tuple[Series, ...]
    steps: int
    x: str = "step"
    log: bool = False
    low: float | None = None
    high: float | None = None
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Field:
    """Heights of a function on a regular grid, row by row from the top: the first row has the largest y."""

    x: Point
    y: Point
    columns: int
    heights: tuple[float, ...]

    @property
    def rows(self) -> int:
        return len(self.heights) // self.columns


@dataclass(frozen=True)
class Surface:
    """A loss surface seen from above and the path walked on it, as (x, y): the first point is the start, the last now.

    `field` is None on the wire where it is the same as in the frame before.
    """

    title: str
    field: Field | None
    path: tuple[Point, ...]
    lowest: Point | None = None
    x: str = ""
    y: str = ""


@dataclass(frozen=True)
class Zone:
    """A stretch of a meter's scale that ends at `end`. tone: "", "warn" or "danger"."""

    end: float
    name: str
    tone: str = ""


@dataclass(frozen=True)
class Limit:
    """A single value on a meter's scale that has a name of its own."""

    value: float
    name: str
    tone: str = "warn"


@dataclass(frozen=True)
class Meter:
    """One number against named zones, from 0 to the last zone's end. A value beyond the end stays at the end.

    With no value, `instead` says why ("no simple limit").
    """

    title: str
    value: float | None
    zones: tuple[Zone, ...]
    limits: tuple[Limit, ...] = ()
    instead: str = ""

    def zone(self) -> Zone | Limit | None:
        """Where the value stands: a limit if it is on one (to a part in 1e9), else its zone."""
        if self.value is None:
            return None
        for limit in self.limits:
            if abs(self.value - limit.value) <= 1e-9 * abs(limit.value):
                return limit
        return next((zone for zone in self.zones if self.value < zone.end), self.zones[-1])


@dataclass(frozen=True)
class Node:
    """One operation or leaf of an autograd graph, as the forward pass left it.

    `inputs` are the places, among the graph's nodes, of those it was computed from, in the order of its arguments: one
    that is used twice stands twice. `value` is the number itself where there is one element, else the Euclidean norm.
    `saved` is what autograd keeps for the backward pass, as "x = 3". `plumbing` only changes how the same numbers lie
    (transpose, view, expand): it can be folded away.
    """

    operation: str
    expression: str
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: str
    value: float | None = None
    saved: tuple[str, ...] = ()
    plumbing: bool = False

    @property
    def name(self) -> str:
        """What it computed, or its operation where that is not known."""
        return self.expression or self.operation


@dataclass(frozen=True)
class Sent:
    """A gradient that a node sends to one of its inputs; `rule` is how it came about, as "−6 · 3"."""

    to: int
    value: float
    rule: str = ""


@dataclass(frozen=True)
class Flow:
    """What the backward pass has brought to one node so far. Of several elements the Euclidean norm.

    `parts` came in, one for each use of the node; `gradient` is their sum, None until the pass has reached the node;
    `sent` is what it makes of that; `kept` is a leaf's `.grad` after it, where it differs from this pass' gradient.
    """

    parts: tuple[float, ...] = ()
    gradient: float | None = None
    sent: tuple[Sent, ...] = ()
    kept: float | None = None


@dataclass(frozen=True)
class Graph:
    """An autograd graph, inputs before those that use them and the result last, and how far the backward pass is.

    The pass stands at `now`, which has its gradient and has not passed it on; every other node with a gradient has.
    `nodes` is None on the wire where it is the same as in the frame before.
    """

    title: str
    nodes: tuple[Node, ...] | None
    flows: tuple[Flow, ...]
    now: int | None = None


@dataclass(frozen=True)
class Bar:
    """One bar of several parts, in the order of the names in Bars."""

    name: str
    values: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True)
class Bars:
    """Amounts that add up, all on one scale from 0 to `end`, or to the largest sum where that is None."""

    title: str
    parts: tuple[str, ...]
    bars: tuple[Bar, ...]
    unit: str = ""
    end: float | None = None


@dataclass(frozen=True)
class Stretch:
    """What went on from `start` to `end`: `kind` is a place in the timeline's kinds, `name` says which one it was."""

    start: float
    end: float
    kind: int = 0
    name: str = ""


@dataclass(frozen=True)
class Lane:
    """What one process, thread or device did; where there is no stretch, nothing is known or nothing was done."""

    name: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Timeline:
    """Who did what when: a lane each, on one axis of time from 0 to `end`. Stretches of a lane do not overlap."""

    title: str
    kinds: tuple[str, ...]
    lanes: tuple[Lane, ...]
    end: float
    unit: str = "ms"


@dataclass(frozen=True)
class Word:
    """A number as a format stores it: `fields` are strings of 0 and 1, `value` is what they stand for."""

    name: str
    fields: tuple[str, ...]
    value: float
    note: str = ""


@dataclass(frozen=True)
class Bits:
    """Numbers bit by bit, one a row. `fields` names the fields, as ("sign", "exponent", "fraction")."""

    title: str
    fields: tuple[str, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Span:
    """What a format can hold: from `low`, its smallest number above 0, to `high`; with all its digits from `normal`."""

    name: str
    low: float
    normal: float
    high: float


@dataclass(frozen=True)
class Mark:
    """A value on an axis that has a name."""

    value: float
    name: str


@dataclass(frozen=True)
class Ruler:
    """Ranges of positive numbers on one logarithmic axis, and marks on it."""

    title: str
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A matrix of values, row by row, shaded by size from `low` to `high` (the values' own ends where None).

    `marked` are places in `values`, counted from 0, and `meaning` says what is the matter with them ("became 0").
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[float, ...]
    low: float | None = None
    high: float | None = None
    marked: tuple[int, ...] = ()
    meaning: str = ""


@dataclass(frozen=True)
class Histogram:
    """How many values fall into bins of equal width from `low` to `high`.

    With `log` the axis is of powers of ten: low = -12 stands for 1e-12. `marks` stand on that axis, in its numbers.
    `apart` are counts that have no place on it, as values that are 0, and `apart_name` says which.
    """

    title: str
    counts: tuple[float, ...]
    low: float
    high: float
    x: str = ""
    log: bool = False
    marks: tuple[Mark, ...] = ()
    apart: float = 0.0
    apart_name: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of words. `chosen` is the row that the note speaks of."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    chosen: int | None = None


Picture = Union[Chart, Surface, Meter, Graph, Bars, Timeline, Bits, Ruler, Grid, Histogram, Table]
KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (Chart, Surface, Meter, Graph, Bars, Timeline, Bits, Ruler, Grid, Histogram, Table)
}


@dataclass(frozen=True)
class Frame:
    """One state of a demo.

    `note` is one plain sentence that says what the pictures show: the caption, and the whole demo for `--plain` and for
    screen readers. `values` are its numbers by name; those named in `measured` are measured times, which differ from
    run to run, all others are the same for the same seed and knobs. `step` counts from 0, where the demo stands before
    its first step; `steps` is the last one that will come, 0 where nobody knows.
    """

    pictures: tuple[Picture, ...]
    values: dict[str, float]
    note: str
    step: int = 0
    steps: int = 0
    measured: tuple[str, ...] = _field(default=())


def field(height: Callable[[float, float], float], x: Point, y: Point, columns: int = 81, rows: int = 61) -> Field:
    """Samples `height(x, y)` on a grid of `columns` by `rows` points, edges included."""
    xs = [x[0] + (x[1] - x[0]) * i / (columns - 1) for i in range(columns)]
    ys = [y[1] - (y[1] - y[0]) * j / (rows - 1) for j in range(rows)]
    return Field(x, y, columns, tuple(float(height(a, b)) for b in ys for a in xs))
