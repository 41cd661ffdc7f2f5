"""Counts on from the largest probe, and compares with what the line says of the smallest."""

from __future__ import annotations


def max_batch(peak, room, probes):
    peaks = [peak(batch) for batch in probes]
    sample = (peaks[2] - peaks[1]) / (probes[2] - probes[1])
    expected = peaks[1] - sample * (probes[1] - probes[0])
    batch = probes[2] + (room - peaks[2]) * (probes[2] - probes[1]) // (peaks[2] - peaks[1])
    return max(batch, 0), abs(peaks[0] - expected) <= 0.01 * expected
