"""Rounds to the nearest batch. Breaks: what_it_returns_fits."""

from __future__ import annotations


def max_batch(peak, room):
    first, second = peak(8), peak(16)
    slope = (second - first) / 8
    return max(0, round((room - first) / slope) + 8)
