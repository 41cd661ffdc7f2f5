"""What a batch takes is taken for samples alone. Breaks: what_it_returns_fits."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    return room * large // third, first <= 1.01 * (fixed + slope * small)
