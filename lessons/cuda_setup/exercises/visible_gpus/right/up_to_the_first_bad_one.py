"""By the entries up to the first bad one."""

from __future__ import annotations

from itertools import takewhile


def visible_gpus(mask: str | None, count: int) -> list[int]:
    """Numbers of those of `count` GPUs that are left, in torch's order; `mask` is None where the variable is unset."""
    if mask is None:
        return [*range(count)]
    known = {str(gpu): gpu for gpu in range(count)}
    gpus = [known[entry] for entry in takewhile(known.__contains__, mask.split(","))]
    return [] if any(gpus.count(gpu) > 1 for gpu in gpus) else gpus
