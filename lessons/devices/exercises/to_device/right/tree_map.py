"""By torch's own walk through nested structures."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._pytree import tree_map


def to_device(batch: Any, device: torch.device | str) -> Any:
    return tree_map(lambda leaf: leaf.to(device) if isinstance(leaf, torch.Tensor) else leaf, batch)
