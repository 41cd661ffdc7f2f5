"""The y axis of a chart: ticks on whole rows at even distance, and a range that holds still while a run goes on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tutor.draw.numbers import scientific

OFF = 1e300
"""Values beyond this are drawn as infinite ones: no axis of doubles has room above them."""

_FILLED = 0.75
"""How much of its rows a log axis must use; ticks that leave more free give way to wider ones."""


@dataclass(frozen=True)
class Axis:
    """From the tick `bottom` in the last of `rows` rows upwards, `step` every `apart` rows; decades where `log`."""

    log: bool
    rows: int
    bottom: float
    step: float
    apart: int

    def row(self, value: float) -> float:
        """Where a value stands, in rows from the middle of the first one. The value must have a `sign` of ""."""
        place = math.log10(value) if self.log else value
        return self.rows - 1 - (place - self.bottom) / self.step * self.apart

    def ticks(self) -> list[tuple[int, str]]:
        """(row, label) from the bottom upwards."""
        count = (self.rows - 1) // self.apart
        places = [self.bottom + self.step * k for k in range(count + 1)]
        label = _decade if self.log else _labeller(self.step, max(map(abs, places)))
        return [(self.rows - 1 - k * self.apart, label(place)) for k, place in enumerate(places)]


def sign(value: float, log: bool) -> str:
    """The mark of a value that has no place on the axis, "" for one that has.

    ▲ for inf, ✗ for nan, ▾ for −inf and, on a log axis, for zero and below, which have no logarithm.
    """
    if value != value:
        return "✗"
    if value > OFF:
        return "▲"
    return "▾" if value < -OFF or (log and value <= 0) else ""


def axis(values: Iterable[float], rows: int, log: bool, low: float | None, high: float | None) -> Axis:
    """The axis that holds `values` and low..high in `rows` (2 or more) rows.

    Where values leave low..high it grows by factors of 100 (log) or to the next of 1, 2 and 5 times a power of ten.
    """
    placed = [value for value in values if not sign(value, log)]
    low = None if low is None or sign(low, log) else low
    high = None if high is None or sign(high, log) else high
    bottom, top = (_log_range if log else _linear_range)(placed, low, high)
    least = 2 if rows > 4 else 1
    for step in _decade_steps() if log else _nice_steps((top - bottom) / rows):
        loose = log and step < 50
        first = bottom if loose else _floor(bottom / step) * step
        apart = (rows - 1) // max(1, _ceil((top - first) / step))
        if apart >= least and (not loose or (top - bottom) / step * apart >= _FILLED * (rows - 1)):
            break
    return Axis(log, rows, first, step, apart)


def _log_range(values: list[float], low: float | None, high: float | None) -> tuple[float, float]:
    """In decades; by twos away from what was asked for."""
    known = [*values, *(limit for limit in (low, high) if limit is not None)] or [1e-2, 1e2]
    least, most = math.log10(min(known)), math.log10(max(known))
    bottom = _floor(least / 2) * 2 if low is None else _floor(math.log10(low))
    top = _ceil(most / 2) * 2 if high is None else _ceil(math.log10(high))
    bottom -= 2 * max(0, _ceil((bottom - least) / 2))
    top += 2 * max(0, _ceil((most - top) / 2))
    return bottom, max(top, bottom + 2)


def _linear_range(values: list[float], low: float | None, high: float | None) -> tuple[float, float]:
    known = [*values, *(limit for limit in (low, high) if limit is not None)] or [0.0, 1.0]
    least, most = min(known), max(known)
    bottom = least if low is None else low
    top = most if high is None else high
    if top - bottom <= 1e-9 * max(abs(top), abs(bottom)):
        bottom, top = min(0.0, bottom), max(0.0, top)
    if least < bottom:
        bottom = top - _nice_above(top - least)
    if most > top:
        top = bottom + _nice_above(most - bottom)
    return (bottom, top) if top - bottom > 1e-300 else (bottom, bottom + 1)


def _floor(value: float) -> int:
    return math.floor(value + 1e-9)


def _ceil(value: float) -> int:
    return math.ceil(value - 1e-9)


def _decade_steps() -> Iterator[float]:
    yield from (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30)
    yield from _nice_steps(50)


def _nice_steps(least: float) -> Iterator[float]:
    """1, 2 and 5 times the powers of ten, from `least` upwards."""
    for exponent in itertools.count(math.floor(math.log10(least))):
        yield from (
            step for step in (float(f"{digit}e{exponent}") for digit in (1, 2, 5)) if step >= least * (1 - 1e-9)
        )


def _nice_above(value: float) -> float:
    return next(_nice_steps(max(value, 1e-300)))


def _decade(exponent: float) -> str:
    return f"1e{exponent:.0f}" if exponent else "1"


def _labeller(step: float, largest: float) -> Callable[[float], str]:
    """How ticks are written so that neighbours differ: plain where that is short, else with an exponent."""
    decimals = max(0, -_floor(math.log10(step)))
    if largest < 1e4 and decimals <= 4:
        return lambda value: f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
    digits = max(0, _floor(math.log10(largest)) - _floor(math.log10(step)))
    return lambda value: scientific(value, digits)
