"""Padding is taken for class 0. Breaks: padding_is_left_out."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    own = scores[torch.arange(len(labels)), labels.clamp(min=0)]
    return (torch.logsumexp(scores, dim=1) - own).mean()
