"""Adds one less than half a gap, so that every tie goes to 0. Breaks: ties_go_to_even."""

import torch


def round_to_bfloat16(x):
    cut = (x.view(torch.int32) + 0x7FFF) & ~0xFFFF
    return torch.where(x.isnan(), x, cut.view(torch.float32))
