"""Rounds down to a power of two, out of habit. Breaks: one_more_does_not_fit."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    largest = max(0, (room - fixed) // slope)
    return 1 << (largest.bit_length() - 1) if largest else 0, first <= 1.01 * (fixed + slope * small)
