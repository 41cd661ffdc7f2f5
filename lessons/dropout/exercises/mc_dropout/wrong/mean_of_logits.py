"""Takes the mean of the logits first, and then the softmax. Breaks: the_mean_is_of_probabilities."""

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
        logits = torch.stack([model(x) for _ in range(passes)])
    for module, training in modes.items():
        module.training = training
    return logits.mean(dim=0).softmax(dim=1), logits.softmax(dim=2).std(dim=0, correction=0)
