"""Gives a negative batch where nothing fits. Breaks: no_room_is_batch_0."""

from __future__ import annotations


def max_batch(peak, room):
    first, second = peak(8), peak(16)
    slope = (second - first) // 8
    return (room - first) // slope + 8
