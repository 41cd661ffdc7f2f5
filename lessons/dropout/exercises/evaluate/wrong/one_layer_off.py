"""Sets the flag of the model alone, not those of its layers. Breaks: layers_are_in_eval_mode."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    was = model.training
    model.training = False
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(dim=1) == y).sum().item()
            seen += len(y)
    model.training = was
    return right / seen
