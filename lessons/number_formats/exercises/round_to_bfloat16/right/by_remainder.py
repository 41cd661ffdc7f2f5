"""Compares what would be cut off with half a gap, in 64 bits."""

import torch


def round_to_bfloat16(x):
    bits = x.view(torch.int32).long()
    rest = bits % 65536
    kept = bits - rest
    up = (rest > 32768) | ((rest == 32768) & (kept // 65536 % 2 == 1))
    rounded = (kept + 65536 * up).to(torch.int32).view(torch.float32)
    return torch.where(x.isnan(), torch.nan, rounded)
