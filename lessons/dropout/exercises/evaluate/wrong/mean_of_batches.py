"""Takes the mean of the batches' shares. Breaks: every_sample_counts_once."""

from __future__ import annotations

import torch


def evaluate(model, batches):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    shares = []
    with torch.no_grad():
        for x, y in batches:
            shares.append((model(x).argmax(dim=1) == y).float().mean().item())
    for module, training in modes.items():
        module.training = training
    return sum(shares) / len(shares)
