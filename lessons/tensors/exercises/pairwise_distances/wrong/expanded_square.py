"""Computes |a|² + |b|² − 2ab, which loses digits far out. Breaks: far_from_the_origin_nothing_is_lost."""

from __future__ import annotations

from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    squares = a.square().sum(dim=1, keepdim=True) + b.square().sum(dim=1) - 2 * a @ b.T
    return squares.clamp(min=0).sqrt()
