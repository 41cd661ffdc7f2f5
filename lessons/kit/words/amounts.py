"""Bars and histograms in words: how much, and of what."""

from __future__ import annotations

import math

from lessons.kit.pictures import Bar, Bars, Histogram
from lessons.kit.words.exact import named, percent
from lessons.kit.words.numbers import number

_SPELLED = 6
"""Up to so many bars are told with all their parts."""


def bars_words(picture: Bars) -> str:
    unit = f", in {picture.unit}" if picture.unit else ""
    spelled = len(picture.bars) <= _SPELLED and len(picture.parts) > 1
    bars = [_bar(bar, picture, spelled) for bar in picture.bars]
    text = f"{picture.title}{unit}: {'; '.join(bars) or 'nothing yet'}."
    known = picture.end is not None and 0 < picture.end < math.inf
    return f"{text} The scale ends at {number(picture.end or 0)}." if known else text


def _bar(bar: Bar, picture: Bars, spelled: bool) -> str:
    total = sum(bar.values)
    parts = ", ".join(f"{name} {number(value)}" for name, value in zip(picture.parts, bar.values))
    text = f"{bar.name} {number(total)}{f' ({parts})' if spelled else ''}".strip()
    if picture.end is not None and total > picture.end:
        text += ", beyond the end of the scale"
    return f"{text}, {bar.note}" if bar.note else text


def histogram_words(picture: Histogram) -> str:
    counts = [count if 0 < count < math.inf else 0.0 for count in picture.counts]
    apart = picture.apart if 0 < picture.apart < math.inf else 0.0
    total = sum(counts) + apart
    if not total:
        return f"{picture.title}: nothing was counted{_lost(picture)}."
    text = f"{picture.title}: {number(total)} values{_lost(picture)}"
    if apart:
        text += f", of which {percent(apart, total)} {picture.apart_name or 'have no place on the axis'}"
    if any(counts):
        text += f". {'Of the others half' if apart else 'Half'} lie between {_middle(picture, counts)}"
    return ". ".join([text, *(_below(picture, counts, place) for place in range(len(picture.marks)))]) + "."


def _lost(picture: Histogram) -> str:
    lost = sum(not math.isfinite(count) for count in (*picture.counts, picture.apart))
    return f", and {lost} {'count that is' if lost == 1 else 'counts that are'} not finite" if lost else ""


def _value(picture: Histogram, place: float) -> str:
    """A place on the axis as the number that stands there."""
    if not picture.log:
        return number(place)
    return number(10**place) if abs(place) < 300 else f"1e{number(place)}"


def _edge(picture: Histogram, place: int) -> float:
    share = place / len(picture.counts)
    return picture.low * (1 - share) + picture.high * share


def _middle(picture: Histogram, counts: list[float]) -> str:
    """The edges of the fewest bins that hold the middle half."""
    total, seen = sum(counts), 0.0
    first, last = 0, len(counts)
    for place, count in enumerate(counts):
        if seen <= total / 4:
            first = place
        seen += count
        if seen >= total * 3 / 4:
            last = place + 1
            break
    return f"{_value(picture, _edge(picture, first))} and {_value(picture, _edge(picture, last))}"


def _below(picture: Histogram, counts: list[float], place: int) -> str:
    """How much of what is on the axis is below a mark, by whole bins."""
    mark = picture.marks[place]
    name = named(mark.name, _value(picture, mark.value))
    if math.isnan(mark.value) or not any(counts):
        return f"Marked: {name}"
    below = sum(count for k, count in enumerate(counts) if _edge(picture, k + 1) <= mark.value)
    return f"About {percent(below, sum(counts))} of those on the axis are below the mark {name}"
