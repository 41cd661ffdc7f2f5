from __future__ import annotations

from collections.abc import Callable


def max_batch(peak: Callable[[int], int], room: int, probes: tuple[int, int, int]) -> tuple[int, bool]:
    """The largest batch whose step fits into `room` bytes, 0 where none does; and whether the probes are straight.

    peak(batch) counts the bytes of a step. probes: three batches that fit, smallest first.
    """
    small, middle, large = probes
    first, second, third = (peak(batch) for batch in probes)
    slope = (third - second) // (large - middle)  # bytes a sample
    fixed = second - slope * middle  # bytes without any sample
    straight = first <= 1.01 * (fixed + slope * small)
    return max(0, (room - fixed) // slope), straight
