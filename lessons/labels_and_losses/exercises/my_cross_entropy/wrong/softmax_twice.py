"""Softmax is applied, and then its log again. Breaks: a_sure_and_right_model_pays_nothing."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    counted = labels != -100
    scores, labels = torch.softmax(scores[counted], dim=1), labels[counted]
    own = scores[torch.arange(len(labels)), labels]
    return (torch.logsumexp(scores, dim=1) - own).mean()
