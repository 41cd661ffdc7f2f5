"""Move a whole batch to a device."""

from __future__ import annotations

from typing import Any

import torch


def to_device(batch: Any, device: torch.device | str) -> Any:
    """A batch of the same structure with every tensor on `device`; what is no tensor stays the same object.

    A batch is a tensor, or a dict, list, tuple or namedtuple of batches, or anything else.
    """
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        ...  # the same for their elements
    return batch
