"""Clamps to the largest number. Breaks: beyond_the_largest_comes_inf."""

import torch


def round_to_bfloat16(x):
    bits = x.view(torch.int32)
    odd = (bits >> 16) & 1
    cut = ((bits + 0x7FFF + odd) & ~0xFFFF).view(torch.float32)
    largest = torch.finfo(torch.bfloat16).max
    return torch.where(x.isnan(), x, cut.clamp(-largest, largest))
