"""The shares by exp and a division: exp overflows. Breaks: what_is_added_to_all_scores_changes_nothing."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    counted = labels != -100
    scores, labels = scores[counted], labels[counted]
    shares = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    return -shares[torch.arange(len(labels)), labels].log().mean()
