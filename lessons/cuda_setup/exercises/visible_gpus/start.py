"""The GPUs that CUDA_VISIBLE_DEVICES leaves."""

from __future__ import annotations


def visible_gpus(mask: str | None, uuids: list[str]) -> list[int]:
    """Places in `uuids`, in the order in which torch counts them; `mask` is None where the variable is unset."""
    chosen: list[int] = []
    for entry in (mask or "").split(","):
        if entry.isdigit():
            chosen.append(int(entry))
    return chosen
