"""Counts gaps: in float64 nothing is lost on the way, and round() takes ties to even."""

import torch


def round_to_bfloat16(x):
    _, exponent = torch.frexp(x.double())
    gap = torch.exp2((exponent - 8).clamp(min=-133).double())
    rounded = ((x.double() / gap).round() * gap).float()
    return torch.where(x.isfinite(), rounded, x)
