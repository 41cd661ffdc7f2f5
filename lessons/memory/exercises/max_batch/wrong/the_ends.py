"""Takes the line through the first and the last probe. Breaks: a_small_probe_does_not_tilt_the_line."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = (third - first) // (large - small)
    fixed = third - slope * large
    return max(0, (room - fixed) // slope), second <= 1.01 * (fixed + slope * middle)
