"""The GPUs that CUDA_VISIBLE_DEVICES leaves."""

from __future__ import annotations


def visible_gpus(mask: str | None, count: int) -> list[int]:
    """Numbers of those of `count` GPUs that are left, in torch's order; `mask` is None where the variable is unset."""
    chosen: list[int] = []
    for entry in (mask or "").split(","):
        if entry.isdigit():
            chosen.append(int(entry))
    return chosen
