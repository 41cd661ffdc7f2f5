"""Takes the line through the two smaller, cheaper probes. Breaks: a_small_probe_does_not_tilt_the_line."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    slope = max(1, (second - first) // (middle - small))
    fixed = second - slope * middle
    return max(0, (room - fixed) // slope), third <= 1.01 * (fixed + slope * large)
