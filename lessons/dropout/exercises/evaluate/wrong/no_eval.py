"""Turns gradients off and takes that for evaluation. Breaks: layers_are_in_eval_mode."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(dim=1) == y).sum().item()
            seen += len(y)
    return right / seen
