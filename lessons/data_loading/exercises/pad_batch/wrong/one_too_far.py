"""The mask lets one place of padding through. Breaks: the_mask_tells_data_from_padding."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def collate(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    tokens = pad_sequence([each for each, _ in samples], batch_first=True)
    lengths = torch.tensor([len(each) for each, _ in samples])
    mask = torch.arange(tokens.shape[1]) <= lengths[:, None]
    return tokens, mask, lengths, torch.tensor([label for _, label in samples])
