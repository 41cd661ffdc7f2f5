"""Calls straight only what is so to the byte. Breaks: a_little_above_is_straight."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    return max(0, (room - fixed) // slope), first == fixed + slope * small
