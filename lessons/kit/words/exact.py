"""Numbers with as many digits as it takes to tell them from their neighbours, and names with their numbers."""

from __future__ import annotations

import math

from lessons.kit.pictures import Word
from lessons.kit.words.numbers import number

_WHOLE = 1e9
"""Below this whole numbers are written with all their digits."""


def stored(word: Word) -> str:
    """The value of a word with as many digits as tell it from its neighbours in that format: "65504", "0.09998"."""
    if word.value == 0 and math.copysign(1, word.value) < 0:
        return "−0"
    return exact(word.value, len(word.fields[-1]) if word.fields else 0)


def exact(value: float, bits: int = 0) -> str:
    """A number with four digits, or as many as `bits` bits of fraction need; whole ones with all of theirs."""
    if not math.isfinite(value):
        return number(value)
    if value == int(value) and abs(value) < _WHOLE:
        return f"{value + 0.0:.0f}".replace("-", "−")
    step = math.ldexp(1.0, max(-1074, math.frexp(value)[1] - 1 - bits))
    texts = (
        _digits(value, digits)
        for digits in range(4, 18)
        if _digits(value, digits) not in (_digits(value + step, digits), _digits(value - step, digits))
    )
    return next(texts, _digits(value, 17))


def _digits(value: float, digits: int) -> str:
    """So many digits without zeros at their end, and a power of ten for what is very small or very large."""
    text = f"{value:.{digits}g}"
    if 1e-4 <= abs(value) < _WHOLE:
        return (f"{value:.0f}" if "e" in text else text).replace("-", "−")
    if math.isinf(value):
        return text
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", "−")
    return f"{mantissa}e{int(exponent)}"


def percent(part: float, total: float) -> str:
    """A share with three digits; what is not all never reads as 100 %."""
    text = number(100 * (part / total))
    return "> 99.9 %" if text == "100" and part < total else f"{text} %"


def named(name: str, value: str) -> str:
    """A name with its number, which is left out where one of its words is a number already."""
    return name if any(map(_is_number, name.split())) else f"{name} {value}".strip()


def _is_number(word: str) -> bool:
    try:
        float(word.replace("−", "-"))
    except ValueError:
        return False
    return True
