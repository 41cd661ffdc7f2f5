"""Rounds to multiples of eps, as if the gaps were the same everywhere. Breaks: the_last_16_bits_are_0."""

import torch


def round_to_bfloat16(x):
    return torch.where(x.abs() < 1e30, torch.round(x * 128) / 128, x)
