"""The sum of the losses in place of their mean. Breaks: equal_scores_cost_ln_c."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    counted = labels != -100
    scores, labels = scores[counted], labels[counted]
    own = scores[torch.arange(len(labels)), labels]
    return (torch.logsumexp(scores, dim=1) - own).sum()
