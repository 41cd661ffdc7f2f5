"""The total stays a tensor, so that there is one .item() alone."""

import torch


def mean_of_parts(parts):
    total, count = torch.zeros((), dtype=torch.float64), 0
    for part in parts:
        total += part.float().sum()
        count += part.numel()
    return (total / count).item()
