"""Frame, what a demo yields, and the pictures in it: plain frozen data, no drawing and no torch.

Standard library only, Python 3.9 and newer: this module runs in the worker, beside any torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as _field
from typing import Union

Point = tuple[float, float]


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


Picture = Union[Chart, Surface, Meter]
KINDS: dict[str, type[Chart] | type[Surface] | type[Meter]] = {"chart": Chart, "surface": Surface, "meter": Meter}


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
