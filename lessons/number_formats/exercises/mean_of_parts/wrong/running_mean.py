"""Moves a mean in float16 by steps too small for it. Breaks: late_values_count_as_much_as_early_ones."""

import torch


def mean_of_parts(parts):
    mean, count = torch.zeros((), dtype=torch.float16), 0
    for part in parts:
        count += part.numel()
        mean += (part.float().mean() - mean.float()) * part.numel() / count
    return mean.item()
