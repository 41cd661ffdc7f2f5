"""The GPUs that CUDA_VISIBLE_DEVICES leaves."""

from __future__ import annotations

import re


def visible_gpus(mask: str | None, uuids: list[str]) -> list[int]:
    """Places in `uuids`, in the order in which torch counts them; `mask` is None where the variable is unset."""
    if mask is None:
        return list(range(len(uuids)))
    find = named if mask.startswith("GPU-") else numbered
    chosen: list[int] = []
    for entry in mask.split(","):
        place = find(entry, uuids)
        if place is None:
            break
        chosen.append(place)
    return chosen if len(set(chosen)) == len(chosen) else []


def numbered(entry: str, uuids: list[str]) -> int | None:
    """The GPU of the digits that an entry begins with; None where there are none, or no such GPU."""
    digits = re.match(r"\s*\+?(\d+)", entry)
    return int(digits[1]) if digits and int(digits[1]) < len(uuids) else None


def named(entry: str, uuids: list[str]) -> int | None:
    """The one GPU whose UUID begins so; None where there is none, or where there are several."""
    matches = [place for place, uuid in enumerate(uuids) if entry.startswith("GPU-") and uuid.startswith(entry)]
    return matches[0] if len(matches) == 1 else None
