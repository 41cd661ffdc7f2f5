"""Knobs: what a reader can turn. Pure data and arithmetic; how a knob looks is tutor/widgets' business."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Union

Value = Union[float, int, str, bool]
"""What a knob holds: a slider a number, a choice a word, a toggle a bool."""

LADDER = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
"""The places of a log slider within a decade."""


@dataclass(frozen=True)
class Slider:
    """A number between `low` and `high`; `whole` for integers (both ends and the default are written as such)."""

    name: str
    low: float
    high: float
    default: float
    log: bool = False
    whole: bool = False
    used: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """The values of other knobs for which this one matters; empty: always."""

    def parse(self, text: str) -> Value:
        """The value that `text` names. Raises ValueError with a sentence."""
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"{self.name} takes a number from {self.low:g} to {self.high:g}, not {text!r}") from None
        if not self.low <= value <= self.high:  # also refuses nan
            raise ValueError(f"{self.name} goes from {self.low:g} to {self.high:g}; {text} is outside")
        if self.whole and value != int(value):
            raise ValueError(f"{self.name} takes a whole number, not {text}")
        return int(value) if self.whole else value

    def turn(self, value: Value, by: int, fine: bool = False) -> Value:
        """The value `by` places further: places a reader would name, so that 0.09, 0.1 and 0.101 are among them."""
        moved = self._turn_log(float(value), by, fine) if self.log else self._turn_linear(float(value), by, fine)
        moved = min(self.high, max(self.low, moved))
        return int(moved) if self.whole else moved

    def _turn_log(self, value: float, by: int, fine: bool) -> float:
        if fine:  # one unit of the third digit
            sign = 1 if by > 0 else -1
            for _ in range(abs(by)):
                exponent = math.floor(math.log10(value * (1 + sign * 1e-9)))
                value = _round(value + sign * 10.0 ** (exponent - 2), 3)
            return value
        places = [float(f"{m:g}e{e}") for e in range(*_decades(self.low, self.high)) for m in LADDER]
        for _ in range(abs(by)):
            if by > 0:
                value = next((p for p in places if p > value * (1 + 1e-9)), self.high)
            else:
                value = next((p for p in reversed(places) if p < value * (1 - 1e-9)), self.low)
        return value

    def _turn_linear(self, value: float, by: int, fine: bool) -> float:
        place = _nice((self.high - self.low) / 20) / (10 if fine else 1)
        if self.whole:
            place = max(1.0, float(round(place)))
        count = (value - self.low) / place
        start = math.floor(count + 1e-9) if by > 0 else math.ceil(count - 1e-9)
        return float(Decimal(repr(self.low)) + Decimal(repr(place)) * (start + by))

    def fraction(self, value: Value) -> float:
        """Where the value stands between low (0) and high (1)."""
        if self.log:
            return math.log(float(value) / self.low) / math.log(self.high / self.low)
        return (float(value) - self.low) / (self.high - self.low)

    def at(self, fraction: float) -> Value:
        """The value at a fraction of the way, rounded to two digits: where a mouse lets go."""
        fraction = min(1.0, max(0.0, fraction))
        raw = self.low * (self.high / self.low) ** fraction if self.log else self.low + (self.high - self.low) * fraction
        value = min(self.high, max(self.low, _round(raw, 2)))
        return int(value) if self.whole else value

    def show(self, value: Value) -> str:
        return f"{value:g}"


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    options: tuple[str, ...]
    default: str
    used: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def parse(self, text: str) -> Value:
        """The option that `text` names, in any case. Raises ValueError with a sentence."""
        for option in self.options:
            if option.lower() == text.lower():
                return option
        raise ValueError(f"{self.name} is one of {', '.join(self.options)}, not {text!r}")

    def turn(self, value: Value, by: int, fine: bool = False) -> Value:
        place = self.options.index(str(value)) + by
        return self.options[min(len(self.options) - 1, max(0, place))]

    def show(self, value: Value) -> str:
        return str(value)


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    default: bool
    used: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def parse(self, text: str) -> Value:
        """True for on, yes, true and 1, False for their opposites. Raises ValueError with a sentence."""
        words = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}
        if text.lower() not in words:
            raise ValueError(f"{self.name} is on or off, not {text!r}")
        return words[text.lower()]

    def turn(self, value: Value, by: int, fine: bool = False) -> Value:
        return by > 0

    def show(self, value: Value) -> str:
        return "on" if value else "off"


Knob = Union[Slider, Choice, Toggle]


def matters(knob: Knob, settings: Mapping[str, Value]) -> bool:
    """Whether the knob has an effect at these settings of the others."""
    return all(settings.get(name) in values for name, values in knob.used.items())


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _nice(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten."""
    exponent = math.floor(math.log10(value))
    return min((float(f"{m}e{e}") for e in (exponent, exponent + 1) for m in (1, 2, 5)), key=lambda n: abs(n - value))


def _decades(low: float, high: float) -> tuple[int, int]:
    return math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1
