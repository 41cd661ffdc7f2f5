"""The largest is taken off, and never put back. Breaks: it_agrees_with_the_formula."""

from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    largest = x.max(dim=-1, keepdim=True).values
    return (x - largest).exp().sum(dim=-1).log()
