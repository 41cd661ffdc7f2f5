from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    """log(sum(exp(x))) over the last axis: (..., C) to (...), in the dtype of x."""
    largest = ...
    return (x - largest).exp().sum(dim=-1).log()
