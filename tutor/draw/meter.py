"""One number on a scale of named zones: three rows that say where it stands in words, as a line and in names."""

from __future__ import annotations

import math
from dataclasses import replace

from lessons.kit.pictures import Meter
from lessons.kit.words import number
from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import cut, width

ROWS = 3

_SIGNS = {"warn": "! ", "danger": "✗ "}


def draw_meter(canvas: Canvas, x: int, y: int, w: int, meter: Meter, locked: bool = False) -> None:
    """Draws into the box of `ROWS` rows and `w` columns at (x, y). `locked`: nothing has run, and all is faint."""
    box = Canvas(w, ROWS, canvas.look, canvas.ground)
    if locked:
        meter = replace(meter, value=None, instead="")
    _say(box, meter, locked)
    if meter.zones and box.width:
        _draw_scale(box, meter, locked)
        _name_zones(box, meter)
    canvas.paste(box, x, y)


def _say(box: Canvas, meter: Meter, locked: bool) -> None:
    """The value and its zone in words. What does not fit goes, the title first."""
    title = (meter.title, "faint" if locked else "muted")
    if meter.value is None:
        parts = [title, (meter.instead or "not run yet", "faint")]
    else:
        zone = meter.zone() if meter.zones else None
        words = _SIGNS.get(zone.tone, "") + zone.name if zone else ""
        parts = [title, (_digits(meter, meter.value), "bright bold"), (words, f"{_tone(meter)} bold")]
    while len(parts) > 1 and sum(width(text) + 2 for text, _ in parts) - 2 > box.width:
        parts.pop(0)
    x = 0
    for text, spec in parts:
        x = box.put(x, 0, cut(text, box.width - x), spec) + 2


def _tone(meter: Meter) -> str:
    """The token for the zone of the value."""
    zone = meter.zone() if meter.zones else None
    return zone.tone if zone and zone.tone else "accent"


def _digits(meter: Meter, value: float) -> str:
    """The value with as many digits as it takes to tell it from a limit that it is not on."""
    if not math.isfinite(value) or not meter.zones or number(value) == "0":
        return number(value)
    rounded = (f"{value:.{digits}g}" for digits in range(3, 17))
    text = next((text for text in rounded if replace(meter, value=float(text)).zone() == meter.zone()), repr(value))
    return number(value) if text == f"{value:.3g}" else text.replace("-", "−", value < 0)


def _top(meter: Meter) -> float:
    """The end of the scale."""
    return max((zone.end for zone in meter.zones if math.isfinite(zone.end) and zone.end > 0), default=1.0)


def _column(meter: Meter, value: float, columns: int) -> int:
    return round(min(1.0, max(0.0, value / _top(meter))) * (columns - 1))


def _draw_scale(box: Canvas, meter: Meter, locked: bool) -> None:
    """Heavy up to the value and light beyond, dashed in the last zone; ticks between zones, heavy ones at limits."""
    w, tone = box.width, _tone(meter)
    ends = [zone.end for zone in meter.zones[:-1]]
    dashed = _column(meter, ends[-1], w) if ends else w
    box.put(0, 1, "─" * dashed + "╌" * (w - dashed), "rule")
    value = math.nan if meter.value is None else meter.value
    at = 0 if math.isnan(value) else _column(meter, value, w)
    box.put(0, 1, "━" * min(at, dashed) + "╌" * (at - dashed), tone)
    for place, tick in [(end, "┼") for end in ends] + [(limit.value, "╋") for limit in meter.limits]:
        if 0 < place < _top(meter):
            box.put(_column(meter, place, w), 1, tick, "faint" if locked else "muted")
    if not math.isnan(value):
        past = (value > _top(meter)) - (value < 0)
        pointer = "bright bold" if tone == "accent" else f"{tone} bold"
        if past and w > 1:
            box.put(0 if past < 0 else w - 1, 1, "‹" if past < 0 else "›", pointer)
        box.put(at - past if w > 1 else at, 1, "●", pointer)


def _name_zones(box: Canvas, meter: Meter) -> None:
    """The present zone, then the numbers at the ticks, then the other names from near to far, as far as they fit."""
    here = meter.zone()
    bounds = [0.0, *(zone.end for zone in meter.zones)]
    labels = []
    for start, zone in zip(bounds, meter.zones):
        name = cut(zone.name, box.width)
        first, last = _column(meter, start, box.width) + 2, _column(meter, zone.end, box.width) - 2
        if zone.end >= _top(meter):
            last += 2
        distance = abs(first + last - 2 * _column(meter, meter.value or 0.0, box.width))
        spec = (zone.tone or "bright") if zone is here else "faint"
        labels.append((0 if zone is here else 2 + distance, (first + last + 1 - width(name)) // 2, name, spec))
    for bound in bounds[:-1]:
        text = number(bound)
        limit = next((limit for limit in meter.limits if limit is here and limit.value == bound), None)
        at = _column(meter, bound, box.width) - (width(text) - 1) // 2
        labels.append((1, at, text, f"{limit.tone} bold" if limit else "faint"))
    taken: set[int] = set()
    for _, middle, text, spec in sorted(labels):
        at = max(0, min(box.width - width(text), middle))
        if taken.isdisjoint(range(at, at + width(text))):
            box.put(at, 2, text, spec)
            taken.update(range(at - 1, at + width(text) + 1))
