"""Scores are cut off where exp would overflow. Breaks: large_scores_stay_finite."""

from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    return x.clamp(-10, 10).exp().sum(dim=-1).log()
