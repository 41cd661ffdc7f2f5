"""Computes |a|² + |b|² − 2ab, which loses the digits of close points. Breaks: a_point_is_at_distance_0_from_itself."""

from __future__ import annotations

from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    squares = a.square().sum(dim=1, keepdim=True) + b.square().sum(dim=1) - 2 * a @ b.T
    return squares.clamp(min=0).sqrt()
