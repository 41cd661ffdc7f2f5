"""The batch is made with torch.zeros(), which is float32. Breaks: dtypes_are_kept."""

from __future__ import annotations

import torch
from torch import Tensor


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lengths = torch.tensor([len(each) for each, _ in samples])
    tokens = torch.zeros(len(samples), int(lengths.max()))
    for row, (each, _) in zip(tokens, samples):
        row[: len(each)] = each
    mask = torch.arange(tokens.shape[1]) < lengths[:, None]
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
