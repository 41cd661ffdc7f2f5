"""The mask is made of ones that are filled up like the tokens."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rows, labels = zip(*samples)
    tokens = pad_sequence(rows, batch_first=True)
    mask = pad_sequence([torch.ones(len(each), dtype=torch.bool) for each in rows], batch_first=True)
    return tokens, mask, mask.sum(dim=1), torch.as_tensor(labels)
