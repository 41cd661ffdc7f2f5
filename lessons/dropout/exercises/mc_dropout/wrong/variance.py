"""Returns the variance. Breaks: the_spread_is_the_standard_deviation."""

from __future__ import annotations

import torch
from torch import nn


def mc_dropout(model, x, passes):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    for module in modes:
        if isinstance(module, nn.Dropout):
            module.train()
    with torch.no_grad():
        told = torch.stack([model(x).softmax(dim=1) for _ in range(passes)])
    for module, training in modes.items():
        module.training = training
    return told.mean(dim=0), told.var(dim=0, correction=0)
