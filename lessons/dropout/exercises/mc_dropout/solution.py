from __future__ import annotations

import torch
from torch import Tensor, nn


def mc_dropout(model: nn.Module, x: Tensor, passes: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the model's probabilities over passes with dropout on.

    model(x) has shape [N, C], and so has each of the two. Every module is in its own mode again afterwards.
    """
    modes = {module: module.training for module in model.modules()}
    for module in modes:
        module.training = isinstance(module, nn.Dropout)
    with torch.no_grad():
        told = torch.stack([model(x).softmax(dim=1) for _ in range(passes)])  # [passes, N, C]
    for module, training in modes.items():
        module.training = training
    return told.mean(dim=0), told.std(dim=0, correction=0)
