"""Bits, rulers, grids and tables in words."""

from __future__ import annotations

import math

from lessons.kit.pictures import Bits, Grid, Ruler, Table, Word
from lessons.kit.words.numbers import number

_WHOLE = 1e9
"""Below this whole numbers are written with all their digits."""


def stored(word: Word) -> str:
    """The value of a word with as many digits as tell it from its neighbours in that format: "65504", "0.09998"."""
    value = word.value
    if not math.isfinite(value) or value == 0 or (value == int(value) and abs(value) < _WHOLE):
        return f"{'−' * (value < 0)}{abs(value):.0f}" if math.isfinite(value) else number(value)
    step = 2.0 ** max(-1074, math.frexp(value)[1] - 1 - len(word.fields[-1] if word.fields else ""))
    for digits in range(4, 18):
        text = _digits(value, digits)
        if text not in (_digits(value + step, digits), _digits(value - step, digits)):
            break
    return text


def _digits(value: float, digits: int) -> str:
    """So many digits, without zeros at the end; with a power of ten where they would stand after a row of zeros."""
    if 1e-4 <= abs(value) < _WHOLE:
        return f"{value:.{digits}g}".replace("-", "−") if "e" not in f"{value:.{digits}g}" else f"{value:.0f}"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa.replace('-', '−')}e{int(exponent)}"


def bits_words(picture: Bits) -> str:
    return f"{picture.title}."


def ruler_words(picture: Ruler) -> str:
    return f"{picture.title}."


def grid_words(picture: Grid) -> str:
    return f"{picture.title}."


def table_words(picture: Table) -> str:
    return f"{picture.title}."
