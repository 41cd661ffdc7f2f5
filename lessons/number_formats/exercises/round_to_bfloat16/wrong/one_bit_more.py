"""Cuts 15 bits, one too few. Breaks: the_last_16_bits_are_0."""

import torch


def round_to_bfloat16(x):
    bits = x.view(torch.int32)
    odd = (bits >> 15) & 1
    cut = (bits + 0x3FFF + odd) & ~0x7FFF
    return torch.where(x.isnan(), x, cut.view(torch.float32))
