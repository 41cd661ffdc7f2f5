"""Starts the total as float16, and += keeps it that. Breaks: values_near_60000_come_out_right."""

import torch


def mean_of_parts(parts):
    total, count = torch.zeros((), dtype=torch.float16), 0
    for part in parts:
        total += part.sum(dtype=torch.float32)
        count += part.numel()
    return (total.float() / count).item()
