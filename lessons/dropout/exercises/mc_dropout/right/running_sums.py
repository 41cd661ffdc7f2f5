"""Adds up as it goes, and keeps no pass."""

from __future__ import annotations

import torch
from torch import nn


def mc_dropout(model, x, passes):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    total = squares = 0
    with torch.no_grad():
        for _ in range(passes):
            told = torch.softmax(model(x), dim=-1).double()
            total, squares = total + told, squares + told**2
    for module, training in modes:
        module.train(training) if not list(module.children()) else setattr(module, "training", training)
    mean = total / passes
    return mean.float(), (squares / passes - mean**2).clamp(min=0).sqrt().float()
