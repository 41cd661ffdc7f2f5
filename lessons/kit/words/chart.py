"""A chart in words: how each of its lines ran."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lessons.kit.pictures import Chart, Series
from lessons.kit.words.numbers import number

STEADY = 1e-3
"""A line that moves by less than this part of its size stays where it is."""


def chart_words(chart: Chart) -> str:
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
    swinging = swings(heights)
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


def swings(values: Sequence[float]) -> bool:
    """Whether more than half of the steps turn back on the step before."""
    moves = [values[step + 1] - values[step] for step in range(len(values) - 1)]
    turns = sum(
        moves[step] < 0 < moves[step + 1] or moves[step + 1] < 0 < moves[step] for step in range(len(moves) - 1)
    )
    return len(moves) > 2 and turns > (len(moves) - 1) / 2
