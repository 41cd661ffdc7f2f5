"""The number after the last GPU is passed on. Breaks: a_bad_entry_ends_the_list."""

from __future__ import annotations


def visible_gpus(mask: str | None, count: int) -> list[int]:
    """Numbers of those of `count` GPUs that are left, in torch's order; `mask` is None where the variable is unset."""
    if mask is None:
        return list(range(count))
    chosen: list[int] = []
    for entry in mask.split(","):
        if not entry.isdigit() or int(entry) > count:
            break
        chosen.append(int(entry))
    return chosen if len(set(chosen)) == len(chosen) else []
