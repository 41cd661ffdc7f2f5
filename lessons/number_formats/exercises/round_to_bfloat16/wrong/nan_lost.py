"""Lets the carry run through nan, which becomes inf or -0. Breaks: nan_stays_nan."""

import torch


def round_to_bfloat16(x):
    bits = x.view(torch.int32)
    odd = (bits >> 16) & 1
    return ((bits + 0x7FFF + odd) & ~0xFFFF).view(torch.float32)
