"""What one batch takes is taken for samples alone. Breaks: one_more_does_not_fit."""

from __future__ import annotations


def max_batch(peak, room):
    sample = (peak(8) / 8 + peak(16) / 16) / 2
    return int(room / sample)
