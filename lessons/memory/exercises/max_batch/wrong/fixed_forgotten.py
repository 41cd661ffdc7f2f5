"""The slope is right, and the fixed part is forgotten. Breaks: what_it_returns_fits."""

from __future__ import annotations


def max_batch(peak, room):
    slope = (peak(16) - peak(8)) // 8
    return room // slope
