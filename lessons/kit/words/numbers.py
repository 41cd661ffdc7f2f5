"""Numbers in words: short, and never a row of zeros to count."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Three digits, or two and a power of ten: "0.05", "8.9e-6", "2.6e3"; small counts as they are; a real minus."""
    if math.isnan(value):
        return "nan"
    size, sign = abs(value), "−" if value < 0 else ""
    if math.isinf(size):
        return f"{sign}inf"
    if size < 1e4 and size == int(size):
        return f"{sign}{int(size)}"
    if 1e-3 <= size < 999.5:
        return f"{sign}{size:.3g}"
    mantissa, exponent = f"{size:.1e}".split("e")
    return f"{sign}{mantissa.replace('.0', '')}e{int(exponent)}"
