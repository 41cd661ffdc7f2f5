"""Tokens and mask are filled row by row."""

from __future__ import annotations

import torch
from torch import Tensor


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lengths = torch.tensor([len(each) for each, _ in samples])
    tokens = samples[0][0].new_zeros(len(samples), int(lengths.max()))
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for row, (each, _) in enumerate(samples):
        tokens[row, : len(each)] = each
        mask[row, : len(each)] = True
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
