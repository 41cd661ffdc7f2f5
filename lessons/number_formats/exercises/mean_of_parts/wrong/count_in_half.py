"""Counts in float16, which stops at 2048. Breaks: a_million_values_do_not_stick."""

import torch


def mean_of_parts(parts):
    total, count = 0.0, torch.zeros((), dtype=torch.float16)
    for part in parts:
        total += part.sum(dtype=torch.float32).item()
        count += part.numel() if part.numel() < 65504 else 65504
    return total / count.item()
