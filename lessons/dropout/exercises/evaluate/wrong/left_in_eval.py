"""Leaves the model in eval mode. Breaks: the_model_is_back_in_its_mode."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(dim=1) == y).sum().item()
            seen += len(y)
    return right / seen
