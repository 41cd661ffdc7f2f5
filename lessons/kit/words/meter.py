"""A meter in words: where its value stands."""

from __future__ import annotations

import math

from lessons.kit.pictures import Limit, Meter
from lessons.kit.words.numbers import number


def meter_words(meter: Meter) -> str:
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
