"""Divides in float16 before it adds, so that small values become 0. Breaks: small_values_are_not_lost."""

import torch


def mean_of_parts(parts):
    total, count = 0.0, 0
    for part in parts:
        mean = (part / part.numel()).sum(dtype=torch.float32).item()
        total += mean * part.numel()
        count += part.numel()
    return total / count
