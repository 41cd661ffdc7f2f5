"""One largest for the whole tensor: rows far below it vanish. Breaks: rows_do_not_touch_each_other."""

from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    largest = x.max()
    return (x - largest).exp().sum(dim=-1).log() + largest
