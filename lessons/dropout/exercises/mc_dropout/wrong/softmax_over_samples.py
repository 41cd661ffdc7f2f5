"""Takes the softmax over the samples. Breaks: the_mean_is_of_probabilities."""

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
        told = torch.stack([model(x).softmax(dim=0) for _ in range(passes)])
    for module, training in modes.items():
        module.training = training
    return told.mean(dim=0), told.std(dim=0, correction=0)
