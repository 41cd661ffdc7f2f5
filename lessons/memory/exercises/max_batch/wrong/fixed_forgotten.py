"""The slope is right, and the fixed part is forgotten. Breaks: what_it_returns_fits."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    return room // slope, first <= 1.01 * (fixed + slope * small)
