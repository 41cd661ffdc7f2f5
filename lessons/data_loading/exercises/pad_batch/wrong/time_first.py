"""pad_sequence without batch_first puts the places before the samples. Breaks: it_returns_four_tensors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    tokens = pad_sequence([each for each, _ in samples])
    lengths = torch.tensor([len(each) for each, _ in samples])
    mask = torch.arange(tokens.shape[0])[:, None] < lengths
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
