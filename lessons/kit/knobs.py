"""Knobs: what a reader can turn. Pure data and arithmetic; how a knob looks is tutor/widgets' business."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Value = float | int | str | bool
"""What a knob holds: a slider a number, a choice a word, a toggle a bool."""

LADDER = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
"""The places of a log slider within a decade."""

ON = ("on", "yes", "true", "1")
OFF = ("off", "no", "false", "0")

LONGEST = 60
"""Characters of a text that a reader may type."""

CLOSE = 1e-9
"""Two values nearer than this, relative to the distance of places, are the same place."""


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
        ends = f"{self.show(self.low)} to {self.show(self.high)}"
        try:
            value = float(text.replace("−", "-"))
        except ValueError:
            raise ValueError(f"{self.name} takes a number from {ends}, not {text!r}") from None
        if not self.low <= value <= self.high:  # also refuses nan
            raise ValueError(f"{self.name} goes from {ends}; {text} is outside")
        if self.whole and value != int(value):
            raise ValueError(f"{self.name} takes a whole number from {ends}, not {text}")
        return self._typed(value)

    def turn(self, value: Value, by: int, fine: bool = False) -> Value:
        """The value `by` places further: places a reader would name, so that 0.09, 0.1 and 0.101 are among them."""
        moved = float(value)
        for _ in range(abs(by)):
            moved = self._within(self._next(moved, 1 if by > 0 else -1, fine))
        return self._typed(moved)

    def fraction(self, value: Value) -> float:
        """Where the value stands between low (0) and high (1)."""
        if self.log:
            return math.log(float(value) / self.low) / math.log(self.high / self.low)
        return (float(value) - self.low) / (self.high - self.low)

    def at(self, fraction: float) -> Value:
        """The value at a fraction of the way, at a fine place of a linear slider or two digits of a log one."""
        fraction = min(1.0, max(0.0, fraction))
        if self.log:
            return self._typed(self._within(float(f"{self.low * (self.high / self.low) ** fraction:.1e}")))
        place = self._place(fine=True)
        count = round((self.low + (self.high - self.low) * fraction) / place)
        return self._typed(self._within(_times(count, place)))

    def show(self, value: Value) -> str:
        """The shortest text that parses to the value: "0.05", "1e-5"."""
        if self.whole:
            return str(value)
        short = f"{value:g}"
        mantissa, _, exponent = (short if float(short) == value else repr(float(value))).partition("e")
        return f"{mantissa}e{int(exponent)}" if exponent else mantissa

    def _next(self, value: float, sign: int, fine: bool) -> float:
        """The next place above (sign 1) or below (sign -1)."""
        if not self.log:
            return _next_multiple(value, self._place(fine), sign)
        if fine:  # one unit of the third digit
            unit = 10.0 ** (math.floor(math.log10(value * (1 + sign * CLOSE))) - 2)
            return _next_multiple(value, max(1.0, unit) if self.whole else unit, sign)
        places = self._ladder()
        if sign > 0:
            return next((place for place in places if place > value * (1 + CLOSE)), self.high)
        return next((place for place in reversed(places) if place < value * (1 - CLOSE)), self.low)

    def _ladder(self) -> list[float]:
        """The coarse places of a log slider, upwards."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        places = (float(f"{step:g}e{decade}") for decade in decades for step in LADDER)
        return [place for place in places if not self.whole or place.is_integer()]

    def _place(self, fine: bool) -> float:
        """The distance of a linear slider's places: some twenty on the way, or two hundred."""
        place = _nice((self.high - self.low) / 20) / (10 if fine else 1)
        return max(1.0, place) if self.whole else place

    def _within(self, value: float) -> float:
        return min(self.high, max(self.low, value))

    def _typed(self, value: float) -> Value:
        return round(value) if self.whole else float(value)


@dataclass(frozen=True)
class Choice:
    """One of a few words; with `typed`, any other text that the reader types, which only the demo can judge."""

    name: str
    options: tuple[str, ...]
    default: str
    used: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    typed: bool = False

    def parse(self, text: str) -> Value:
        """The option that `text` names, in any case. Raises ValueError with a sentence."""
        for option in self.options:
            if option.casefold() == text.casefold():
                return option
        if not self.typed:
            raise ValueError(f"{self.name} is one of {', '.join(self.options)}, not {text!r}")
        if not text.strip() or not text.isprintable() or len(text) > LONGEST:
            raise ValueError(f"{self.name} takes a line of 1 to {LONGEST} characters, as {self.options[0]}")
        return text.strip()

    def turn(self, value: Value, by: int, fine: bool = False) -> Value:
        """The option `by` places further; from a text that was typed, the first or the last one."""
        if value not in self.options:
            return self.options[0 if by > 0 else -1]
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
        if text.lower() not in ON + OFF:
            raise ValueError(f"{self.name} is on or off, not {text!r}")
        return text.lower() in ON

    def turn(self, value: Value, by: int, fine: bool = False) -> Value:
        """On for a turn to the right, off for one to the left."""
        return by > 0 if by else value

    def show(self, value: Value) -> str:
        return "on" if value else "off"


Knob = Slider | Choice | Toggle


def is_typed(knob: Knob, value: Value) -> bool:
    """Whether the value is a text that somebody typed, and none of the knob's own."""
    return isinstance(knob, Choice) and knob.typed and value not in knob.options


def matters(knob: Knob, settings: Mapping[str, Value]) -> bool:
    """Whether the knob has an effect at these settings of the others."""
    return all(settings.get(name) in values for name, values in knob.used.items())


def _next_multiple(value: float, unit: float, sign: int) -> float:
    """The nearest multiple of `unit` above (sign 1) or below (sign -1) the value."""
    count = value / unit
    slack = CLOSE * max(1.0, abs(count))
    return _times(math.floor(count + slack) + 1 if sign > 0 else math.ceil(count - slack) - 1, unit)


def _times(count: int, unit: float) -> float:
    """count * unit without the crumbs of binary fractions: 3 * 0.1 is 0.3."""
    return float(f"{count * unit:.12g}")


def _nice(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten."""
    exponent = math.floor(math.log10(value))
    return min((float(f"{m}e{e}") for e in (exponent, exponent + 1) for m in (1, 2, 5)), key=lambda n: abs(n - value))
