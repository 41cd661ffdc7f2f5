"""Gives a negative batch where nothing fits. Breaks: no_room_is_batch_0."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    return (room - fixed) // slope, first <= 1.01 * (fixed + slope * small)
