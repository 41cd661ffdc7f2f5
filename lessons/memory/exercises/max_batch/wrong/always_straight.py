"""Never looks at the third probe. Breaks: a_bend_is_told."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - second) // (large - middle)
    fixed = second - slope * middle
    return max(0, (room - fixed) // slope), first > 0
