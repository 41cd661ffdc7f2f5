"""Adds the last bit the wrong way round: ties go to odd. Breaks: ties_go_to_even."""

import torch


def round_to_bfloat16(x):
    bits = x.view(torch.int32)
    odd = (bits >> 16) & 1
    cut = (bits + 0x8000 - odd) & ~0xFFFF
    return torch.where(x.isnan(), x, cut.view(torch.float32))
