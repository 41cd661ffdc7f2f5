"""Numbers as a reader wants them: two or three digits, and never a row of zeros to count."""

from __future__ import annotations

import math


def short(value: float) -> str:
    """`value` in few characters: "0.09", "8.9e-6", "2.6e3", "−1.5", "0", "inf", "nan"."""
    if math.isnan(value):
        return "nan"
    sign = "−" if value < 0 else ""
    return sign + _magnitude(abs(value))


def _magnitude(value: float) -> str:
    if value == 0 or math.isinf(value):
        return "inf" if value else "0"
    if -3 < int(f"{value:.2e}".partition("e")[2]) < 3:
        return f"{value:.3g}"
    return scientific(value, 1)


def scientific(value: float, digits: int) -> str:
    """`value` with an exponent and up to `digits` places after the point, without the zeros at their end."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits}e}".replace("-", "−", value < 0).partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
