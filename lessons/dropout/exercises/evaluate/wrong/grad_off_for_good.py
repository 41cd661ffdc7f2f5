"""Turns gradients off and never on again. Breaks: no_gradient_is_recorded."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    torch.set_grad_enabled(False)
    right = seen = 0
    for x, y in batches:
        right += (model(x).argmax(dim=1) == y).sum().item()
        seen += len(y)
    for module, training in modes.items():
        module.training = training
    return right / seen
