"""One sample after the other."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    losses = [-torch.log_softmax(row, 0)[label] for row, label in zip(scores, labels) if label != -100]
    return torch.stack(losses).mean()
