"""The padding stands in front. Breaks: data_stands_in_front."""

from __future__ import annotations

import torch
from torch import Tensor


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lengths = torch.tensor([len(each) for each, _ in samples])
    longest = int(lengths.max())
    tokens = torch.zeros(len(samples), longest, dtype=samples[0][0].dtype)
    for row, (each, _) in zip(tokens, samples):
        row[longest - len(each) :] = each
    mask = torch.arange(longest) >= longest - lengths[:, None]
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
