"""A function for each type, and a test of the device before each move."""

from __future__ import annotations

from typing import Any

import torch


def to_device(batch: Any, device: torch.device | str) -> Any:
    kind = type(batch)
    if isinstance(batch, torch.Tensor):
        return batch if batch.device == torch.device(device) else batch.to(device)
    if kind is dict:
        return dict(zip(batch.keys(), _all(batch.values(), device)))
    if kind is list:
        return _all(batch, device)
    if kind is tuple:
        return tuple(_all(batch, device))
    if isinstance(batch, tuple):
        return kind._make(_all(batch, device))
    return batch


def _all(values: Any, device: torch.device | str) -> list[Any]:
    return [to_device(value, device) for value in values]
