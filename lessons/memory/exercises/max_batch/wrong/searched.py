"""Doubles the batch until it does not fit. Breaks: only_two_small_batches_are_tried."""

from __future__ import annotations


def max_batch(peak, room):
    batch = 1
    while peak(2 * batch) <= room:
        batch *= 2
    return batch
