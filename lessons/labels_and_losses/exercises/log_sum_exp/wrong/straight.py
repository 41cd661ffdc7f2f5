"""Straight down, as the formula says: exp overflows. Breaks: large_scores_stay_finite."""

from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    return x.exp().sum(dim=-1).log()
