"""Counts what fits beside the first probe, and not the probe's own samples. Breaks: one_more_does_not_fit."""

from __future__ import annotations


def max_batch(peak, room):
    first, second = peak(8), peak(16)
    slope = (second - first) // 8
    return max(0, (room - first) // slope)
