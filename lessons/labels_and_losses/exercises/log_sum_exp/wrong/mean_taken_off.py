"""The mean is taken off in place of the largest: one high score still overflows. Breaks: large_scores_stay_finite."""

from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    middle = x.mean(dim=-1, keepdim=True)
    return (x - middle).exp().sum(dim=-1).log() + middle.squeeze(-1)
