"""Puts every BatchNorm back to train mode before the batches come. Breaks: nothing_in_the_model_changes."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.train()
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(dim=1) == y).sum().item()
            seen += len(y)
    for module, training in modes.items():
        module.training = training
    return right / seen
