"""The denominator is detached, as if it were a constant. Breaks: the_gradient_is_that_of_torch."""

import torch
from torch import Tensor


def my_cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    counted = labels != -100
    scores, labels = scores[counted], labels[counted]
    own = scores[torch.arange(len(labels)), labels]
    return (torch.logsumexp(scores, dim=1).detach() - own).mean()
