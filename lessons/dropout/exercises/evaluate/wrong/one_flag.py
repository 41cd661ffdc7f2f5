"""Puts back the model's own flag, and wakes what was frozen. Breaks: a_frozen_layer_stays_frozen."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    was = model.training
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(dim=1) == y).sum().item()
            seen += len(y)
    model.train(was)
    return right / seen
