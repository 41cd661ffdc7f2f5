from __future__ import annotations

from collections.abc import Callable


def max_batch(peak: Callable[[int], int], room: int, probes: tuple[int, int, int]) -> tuple[int, bool]:
    """The largest batch whose step fits into `room` bytes, 0 where none does; and whether the probes are straight.

    peak(batch) counts the bytes of a step. probes: three batches that fit, smallest first.
    """
    ...  # the peak of each probe
    slope = ...  # bytes a sample
    fixed = ...  # bytes without any sample
    straight = ...  # the smallest is at most 1 % above the line
    return max(0, (room - fixed) // slope), straight
