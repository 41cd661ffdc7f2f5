"""Samples are sorted by length, and their labels are not. Breaks: data_stands_in_front."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    ordered = sorted((each for each, _ in samples), key=len, reverse=True)
    tokens = pad_sequence(ordered, batch_first=True)
    lengths = torch.tensor([len(each) for each in ordered])
    mask = torch.arange(tokens.shape[1]) < lengths[:, None]
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
