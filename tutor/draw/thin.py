"""Long series for narrow pictures: fewer points, and none of what matters lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

Step = tuple[int, float]
"""A step and the value there."""


def thin(values: Sequence[float], columns: int) -> list[Step]:
    """The points to draw for `values` in `columns`, in order.

    Where there are more than four to a column the first, lowest, highest and last of each stay, and of every stretch
    that is not finite its first and last: gaps remain gaps, and a single peak remains a peak.
    """
    if len(values) <= columns * 4:
        return list(enumerate(values))
    bounds = [len(values) * k // max(1, columns) for k in range(max(1, columns) + 1)]
    points: list[Step] = []
    for start, stop in pairwise(bounds):
        chunk = values[start:stop]
        if all(map(math.isfinite, chunk)):
            points += _corners(start, chunk)
            continue
        for _, group in groupby(enumerate(chunk, start), lambda at: "" if math.isfinite(at[1]) else str(at[1])):
            run = list(group)
            points += _corners(run[0][0], [value for _, value in run])
    return points


def _corners(start: int, chunk: Sequence[float]) -> list[Step]:
    """First, lowest, highest and last, without saying a point twice."""
    low, high = chunk.index(min(chunk)), chunk.index(max(chunk))
    return [(start + k, chunk[k]) for k in sorted({0, low, high, len(chunk) - 1})]
