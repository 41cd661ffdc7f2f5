from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    """log(sum(exp(x))) over the last axis: (..., C) to (...), in the dtype of x."""
    largest = x.max(dim=-1, keepdim=True).values
    return (x - largest).exp().sum(dim=-1).log() + largest.squeeze(-1)
