"""Takes the last bit that is cut for the last that stays. Breaks: ties_go_to_even."""

import torch


def round_to_bfloat16(x):
    bits = x.view(torch.int32)
    odd = (bits >> 15) & 1
    cut = (bits + 0x7FFF + odd) & ~0xFFFF
    return torch.where(x.isnan(), x, cut.view(torch.float32))
