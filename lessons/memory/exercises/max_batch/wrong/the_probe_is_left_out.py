"""Counts what fits beside the largest probe, and not the probe's own samples. Breaks: one_more_does_not_fit."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    return max(0, (room - third) // slope), first <= 1.01 * (fixed + slope * small)
