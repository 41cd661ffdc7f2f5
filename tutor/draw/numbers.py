"""Numbers on a scale. What a single value looks like is lessons.kit.words' business."""

from __future__ import annotations


def scientific(value: float, digits: int) -> str:
    """`value` with an exponent and up to `digits` places after the point, without the zeros at their end."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits}e}".replace("-", "−", value < 0).partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
