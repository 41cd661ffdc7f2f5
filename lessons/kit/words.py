"""Words: what a picture shows, in one to three sentences, for `--plain` and for screen readers.

Standard library only, Python 3.9 and newer: this module runs in the worker, beside any torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lessons.kit.pictures import Chart, Field, Limit, Meter, Picture, Point, Series, Surface

STEADY = 1e-3
"""A line that moves by less than this part of its size stays where it is."""


def summary(picture: Picture) -> str:
    """The picture in words, its numbers short."""
    if isinstance(picture, Chart):
        return _chart(picture)
    if isinstance(picture, Surface):
        return _surface(picture)
    return _meter(picture)


def number(value: float) -> str:
    """Three digits, or two and a power of ten: "0.05", "8.9e-6", "2.6e3"; small counts as they are; a real minus."""
    if math.isnan(value):
        return "nan"
    size, sign = abs(value), "−" if value < 0 else ""
    if math.isinf(size):
        return f"{sign}inf"
    if size < 1e4 and size == int(size):
        return f"{sign}{int(size)}"
    if 1e-3 <= size < 999.5:
        return f"{sign}{size:.3g}"
    mantissa, exponent = f"{size:.1e}".split("e")
    return f"{sign}{mantissa.replace('.0', '')}e{int(exponent)}"


def _chart(chart: Chart) -> str:
    newest = max((len(series.values) for series in chart.series), default=0) - 1
    lines = [f"{_name(series, chart)}{_line(series.values, chart)}" for series in chart.series]
    reached = f"{chart.x} {max(newest, 0)}{f' of {chart.steps}' if chart.steps else ''}"
    text = f"{chart.title}, {reached}: {'; '.join(lines) or 'nothing yet'}."
    if chart.levels:
        marks = ", ".join(f"{number(level.value)} ({level.meaning})" for level in chart.levels)
        text += f" Marked: {marks}."
    return text


def _name(series: Series, chart: Chart) -> str:
    return "" if len(chart.series) == 1 and series.name.lower() in chart.title.lower() else f"{series.name} "


def _line(values: Sequence[float], chart: Chart) -> str:
    """One line of a chart: how it ran, and where it was not finite."""
    if not values:
        return "has no value yet"
    finite = [(step, value) for step, value in enumerate(values) if math.isfinite(value)]
    lost = [step for step, value in enumerate(values) if not math.isfinite(value)]
    parts = [_run(finite, chart)] if finite else []
    if lost and len(lost) == len(values) - lost[0]:
        parts.append(f"is {number(values[lost[0]])} from {chart.x} {lost[0]} on")
    elif lost:
        others = f", and not finite at {len(lost) - 1} more" if len(lost) > 1 else ""
        parts.append(f"is {number(values[lost[0]])} at {chart.x} {lost[0]}{others}")
    return " and ".join(parts)


def _run(points: Sequence[tuple[int, float]], chart: Chart) -> str:
    """How a line ran: its first, lowest and last value, and which way."""
    first, last = points[0][1], points[-1][1]
    low_step, low = min(points, key=lambda point: point[1])
    high_step, high = max(points, key=lambda point: point[1])
    heights = [math.log10(value) if chart.log and low > 0 else value for _, value in points]
    span = max(heights) - min(heights)
    if len(points) == 1:
        return f"starts at {number(first)}"
    if span <= STEADY * max(map(abs, heights)):
        return f"stays at {number(last)}"
    lowest = ", its lowest" if number(low) == number(last) else f", lowest {number(low)} at {chart.x} {low_step}"
    change = (heights[-1] - heights[0]) / span
    swinging = _swings(heights)
    if abs(change) >= 0.5:
        if number(low) == number(first):
            lowest = ", lowest at the start"
        way = "fell" if change < 0 else "rose"
        return f"{way} from {number(first)} to {number(last)}{', swinging' * swinging}{lowest}"
    if swinging:
        return f"swings between {number(low)} and {number(high)}, last {number(last)}"
    if heights[0] - min(heights) >= max(heights) - heights[0]:
        return f"fell from {number(first)} to {number(low)} at {chart.x} {low_step}, then rose to {number(last)}"
    return f"rose from {number(first)} to {number(high)} at {chart.x} {high_step}, then fell to {number(last)}{lowest}"


def _swings(values: Sequence[float]) -> bool:
    """Whether more than half of the steps turn back on the step before."""
    moves = [values[step + 1] - values[step] for step in range(len(values) - 1)]
    turns = sum(
        moves[step] < 0 < moves[step + 1] or moves[step + 1] < 0 < moves[step] for step in range(len(moves) - 1)
    )
    return len(moves) > 2 and turns > (len(moves) - 1) / 2


def _surface(surface: Surface) -> str:
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
    swinging = [name for axis, name in enumerate(names) if _swings([point[axis] for point in path])]
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


def _meter(meter: Meter) -> str:
    if meter.value is None:
        return f"{meter.title}: {meter.instead or 'no value'}."
    text = f"{meter.title}: {number(meter.value)}{_standing(meter)}."
    ends = [f"{zone.name} up to {number(zone.end)}" for zone in meter.zones if zone.name]
    limits = [f"{limit.name} at {number(limit.value)}" for limit in meter.limits]
    return f"{text} Its scale: {', '.join(ends + limits)}." if ends or limits else text


def _standing(meter: Meter) -> str:
    """In which zone or on which limit the value stands, with its tone in words."""
    place = meter.zone() if meter.zones or meter.limits else None
    if place is None or meter.value is None or math.isnan(meter.value):
        return ""
    tone = {"warn": " (a warning)", "danger": " (danger)"}.get(place.tone, "")
    beyond = not isinstance(place, Limit) and meter.value > meter.zones[-1].end
    name = f", {place.name}" if place.name else ""
    return f"{name}{tone}{', beyond the end of the scale' if beyond else ''}"


def _is_finite(point: Point) -> bool:
    return math.isfinite(point[0]) and math.isfinite(point[1])


def _point(point: Point) -> str:
    return f"({number(point[0])}, {number(point[1])})"
