from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def evaluate(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The share of samples whose largest logit is that of their class.

    batches: pairs of x and of y, classes of shape [N]; model(x) has shape [N, C].
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)  # [N, C]
            right += (logits.argmax(dim=1) == y).sum().item()
            seen += len(y)
    for module, training in modes.items():
        module.training = training
    return right / seen
