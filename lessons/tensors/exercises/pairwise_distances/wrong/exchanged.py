"""Fills the pairs column by column, where rows are meant. Breaks: each_number_belongs_to_its_pair."""

from __future__ import annotations

from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    distances = (b[:, None] - a[None]).square().sum(dim=-1).sqrt()  # (M, N)
    return distances.reshape(len(a), len(b))
