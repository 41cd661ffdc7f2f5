"""Probes of 1 and 2, and the count goes on from the first."""

from __future__ import annotations


def max_batch(peak, room):
    one = peak(1)
    slope = peak(2) - one
    return max(0, 1 + (room - one) // slope)
