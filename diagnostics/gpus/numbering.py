"""Which GPU is which: NVML counts in the order of PCI addresses, and a CUDA program as its environment tells it to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from diagnostics.gpus.reading import Reading

WHOLE = re.compile(r"\s*([+-]?\d+)")
"""CUDA reads a number as C's strtol does, and ignores what follows."""


def cuda_uuids(readings: Sequence[Reading], environment: Mapping[str, str]) -> tuple[str | None, ...]:
    """The UUIDs of the GPUs and MIG slices that a CUDA program of that environment finds, cuda:0 first.

    None for one that cannot be known. CUDA's own order puts the fastest GPU first, which NVML cannot tell unless
    all are alike; and how it counts where there are MIG slices is known only of those named by UUID.
    """
    gpus = [reading for reading in readings if reading.index is not None]
    alike = len({reading.name for reading in gpus}) == 1
    known = (alike or environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID") and not any(gpu.mig for gpu in gpus)
    in_order = [gpu.uuid if known else None for gpu in gpus]
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(in_order)
    uuids = [gpu.uuid for gpu in gpus if gpu.uuid] + [one.uuid for gpu in gpus for one in gpu.slices if one.uuid]
    chosen: list[int | str] = []
    for entry in visible.split(","):
        choice = _choice(entry, len(gpus), uuids)
        if choice is None:  # CUDA takes what stands before the first entry that it does not understand
            break
        chosen.append(choice)
    if len(set(chosen)) < len(chosen):  # and nothing, where one is named twice
        return ()
    return tuple(in_order[one] if isinstance(one, int) else one for one in chosen)


def _choice(entry: str, count: int, uuids: Sequence[str]) -> int | str | None:
    """The place or the UUID that one entry of CUDA_VISIBLE_DEVICES names; None where it names nothing."""
    entry = entry.strip()
    if entry.startswith(("GPU-", "MIG-")):
        matching = [uuid for uuid in uuids if uuid.startswith(entry)]
        return matching[0] if len(matching) == 1 else None
    number = WHOLE.match(entry)
    return int(number[1]) if number and 0 <= int(number[1]) < count else None
