"""Sequences are cut to the shortest and not filled up. Breaks: it_returns_four_tensors."""

from __future__ import annotations

import torch
from torch import Tensor


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lengths = torch.tensor([len(each) for each, _ in samples])
    tokens = torch.stack([each[: int(lengths.min())] for each, _ in samples])
    mask = torch.ones_like(tokens, dtype=torch.bool)
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
