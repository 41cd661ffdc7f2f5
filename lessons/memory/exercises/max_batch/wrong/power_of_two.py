"""Rounds down to a power of two, out of habit. Breaks: one_more_does_not_fit."""

from __future__ import annotations


def max_batch(peak, room):
    first, second = peak(8), peak(16)
    slope = (second - first) // 8
    largest = max(0, (room - first) // slope + 8)
    return 1 << (largest.bit_length() - 1) if largest else 0
