"""Puts the modes back whatever happens, and counts in tensors."""

from __future__ import annotations

import torch


@torch.no_grad()
def evaluate(model, batches):
    awake = [module for module in model.modules() if module.training]
    model.eval()
    try:
        hits = [model(x).argmax(1).eq(y) for x, y in batches]
        return torch.cat(hits).double().mean().item()
    finally:
        for module in awake:
            module.training = True
