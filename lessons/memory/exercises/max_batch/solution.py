from __future__ import annotations

from collections.abc import Callable


def max_batch(peak: Callable[[int], int], room: int) -> int:
    """The largest batch whose step fits into `room` bytes; 0 where none does.

    peak(batch) counts the bytes of a step: a fixed part, and the same for each sample.
    """
    first, second = peak(8), peak(16)
    slope = (second - first) // 8  # bytes a sample
    fixed = first - 8 * slope  # bytes without any sample
    return max(0, (room - fixed) // slope)
