"""Divides, and leaves the fraction. Breaks: it_returns_a_batch_and_a_verdict."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) / (large - middle)
    fixed = second - slope * middle
    return max(0, (room - fixed) / slope), first <= 1.01 * (fixed + slope * small)
