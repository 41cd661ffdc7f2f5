"""Records a graph in every batch. Breaks: no_gradient_is_recorded."""

from __future__ import annotations


def evaluate(model, batches):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    right = seen = 0
    for x, y in batches:
        right += (model(x).argmax(dim=1) == y).sum().item()
        seen += len(y)
    for module, training in modes.items():
        module.training = training
    return right / seen
