"""A surface in words: where the path on it went."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lessons.kit.pictures import Field, Point, Surface
from lessons.kit.words.chart import STEADY, swings
from lessons.kit.words.numbers import number


def surface_words(surface: Surface) -> str:
    lowest = f"the lowest point is at {_point(surface.lowest)}" if surface.lowest else ""
    if len(surface.path) < 2:
        start = f"the path starts at {_point(surface.path[0])}" if surface.path else "there is no path yet"
        return f"{surface.title}: {'; '.join(filter(None, (start, lowest)))}."
    finite = [point for point in surface.path if _is_finite(point)]
    steps = len(surface.path) - 1
    text = f"{surface.title}: in {steps} step{'s' * (steps != 1)} the path went from {_point(surface.path[0])}"
    text += f" to {_point(surface.path[-1])}{_sides(surface, finite)}."
    if surface.lowest and finite:
        text += f" {_approach(surface.lowest, finite[0], finite[-1])}"
    if surface.field:
        text += _departure(surface.field, surface.path)
    return text


def _sides(surface: Surface, path: Sequence[Point]) -> str:
    """Along which axes the path jumps to and fro."""
    names = (surface.x or "x", surface.y or "y")
    swinging = [name for axis, name in enumerate(names) if swings([point[axis] for point in path])]
    return f", swinging from side to side along {' and '.join(swinging)}" if swinging else ""


def _approach(lowest: Point, start: Point, now: Point) -> str:
    before, after = math.dist(start, lowest), math.dist(now, lowest)
    if abs(after - before) <= STEADY * before:
        return f"Its distance to the lowest point at {_point(lowest)} is still {number(after)}."
    way = "fell" if after < before else "rose"
    return f"Its distance to the lowest point at {_point(lowest)} {way} from {number(before)} to {number(after)}."


def _departure(field: Field, path: Sequence[Point]) -> str:
    """When the path left the map and over which edge; "" if it never did."""
    edges = [_edge(field, point) for point in path]
    step = next((step for step, edge in enumerate(edges) if edge), None)
    if step is None:
        return ""
    return f" It left the map at step {step}, {edges[step]}{'' if edges[-1] else ', and is on it again'}."


def _edge(field: Field, point: Point) -> str:
    """Where a point lies that is not on the map; "" for one that is."""
    (left, right), (bottom, top) = field.x, field.y
    if not _is_finite(point):
        return "where its position is no longer finite"
    if not bottom <= point[1] <= top:
        return "over the top edge" if point[1] > top else "over the bottom edge"
    if not left <= point[0] <= right:
        return "over the right edge" if point[0] > right else "over the left edge"
    return ""


def _is_finite(point: Point) -> bool:
    return math.isfinite(point[0]) and math.isfinite(point[1])


def _point(point: Point) -> str:
    return f"({number(point[0])}, {number(point[1])})"
