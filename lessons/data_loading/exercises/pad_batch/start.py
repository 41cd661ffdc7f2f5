"""Pad a batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Makes a batch of pairs (tokens [length], label).

    Returns tokens [N, longest], filled up with 0; mask [N, longest], bool, True where there is data; lengths [N] and
    labels [N], both int64.
    """
    tokens = pad_sequence([each for each, _ in samples], batch_first=True)
    lengths = torch.tensor([len(each) for each, _ in samples])
    labels = torch.tensor([label for _, label in samples])
    mask = ...
    return tokens, mask, lengths, labels
