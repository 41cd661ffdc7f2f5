"""By a generator that ends where the list ends."""

from __future__ import annotations

from collections.abc import Iterator
from string import digits


def visible_gpus(mask: str | None, uuids: list[str]) -> list[int]:
    """Places in `uuids`, in the order in which torch counts them; `mask` is None where the variable is unset."""
    if mask is None:
        return [*range(len(uuids))]
    gpus = [*_chosen(mask.split(","), mask[:4] == "GPU-", uuids)]
    return [] if any(gpus.count(gpu) > 1 for gpu in gpus) else gpus


def _chosen(entries: list[str], by_name: bool, uuids: list[str]) -> Iterator[int]:
    for entry in entries:
        fitting = _fitting(entry, by_name, uuids)
        if len(fitting) != 1:
            return
        yield from fitting


def _fitting(entry: str, by_name: bool, uuids: list[str]) -> list[int]:
    if by_name:
        return [gpu for gpu in range(len(uuids)) if entry[:4] == "GPU-" and uuids[gpu][: len(entry)] == entry]
    entry = entry.strip()
    head = entry[: len(entry) - len(entry.lstrip(digits))]
    return [int(head)] if head and int(head) < len(uuids) else []
