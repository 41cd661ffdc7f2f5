"""Adds in place, and the view is the memory of x. Breaks: x_is_left_as_it_was."""

import torch


def round_to_bfloat16(x):
    nan = x.isnan()
    before = x.clone()
    bits = x.view(torch.int32)
    bits += 0x7FFF + ((bits >> 16) & 1)
    bits &= ~0xFFFF
    return torch.where(nan, before, x)
