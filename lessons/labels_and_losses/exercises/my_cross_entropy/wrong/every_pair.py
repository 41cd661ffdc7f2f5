"""Takes every row with every label. Breaks: each_sample_has_its_own_label."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    counted = labels != -100
    scores, labels = scores[counted], labels[counted]
    return (torch.logsumexp(scores, dim=1, keepdim=True) - scores[:, labels]).mean()
