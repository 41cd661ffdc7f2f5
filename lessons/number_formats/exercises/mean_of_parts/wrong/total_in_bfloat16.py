"""Keeps the total in bfloat16, which has the range and not the digits. Breaks: values_near_60000_come_out_right."""

import torch


def mean_of_parts(parts):
    total, count = torch.zeros((), dtype=torch.bfloat16), 0
    for part in parts:
        total += part.sum(dtype=torch.float32)
        count += part.numel()
    return total.item() / count
