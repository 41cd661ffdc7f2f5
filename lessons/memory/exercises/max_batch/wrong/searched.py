"""Goes on from the largest probe until it does not fit. Breaks: only_the_probes_are_tried."""

from __future__ import annotations


def max_batch(peak, room, probes):
    small, middle, large = probes
    first, second, third = peak(small), peak(middle), peak(large)
    batch = large
    while peak(2 * batch) <= room:
        batch *= 2
    return batch, second - first == third - second
