"""Divides, and leaves the fraction. Breaks: it_returns_a_whole_number."""

from __future__ import annotations


def max_batch(peak, room):
    first, second = peak(8), peak(16)
    slope = (second - first) / 8
    return max(0, (room - first) / slope + 8)
