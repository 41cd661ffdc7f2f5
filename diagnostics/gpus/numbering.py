"""Which GPU is which: NVML counts in the order of PCI addresses, and a CUDA program as its environment tells it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnostics.doctor.checks import visible_devices
from diagnostics.gpus.reading import Reading


def cuda_uuids(readings: Sequence[Reading], environment: Mapping[str, str]) -> tuple[str | None, ...]:
    """The UUIDs of the GPUs and MIG slices that a CUDA program of that environment finds, cuda:0 first.

    None for one that cannot be known. CUDA's own order puts the fastest GPU first, which NVML cannot tell unless
    all are alike; and how it counts where there are MIG slices is known only of what is named by UUID.
    """
    gpus = [reading for reading in readings if reading.index is not None]
    uuids = [gpu.uuid for gpu in gpus]
    alike = len({gpu.name for gpu in gpus}) == 1
    known = (alike or environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID") and not any(gpu.mig for gpu in gpus)
    in_order = uuids if known else [None] * len(gpus)
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(in_order)
    mask = visible_devices.read(visible)
    if mask.numbers:
        return tuple(in_order[number] for number in visible_devices.resolve(mask, _named(uuids)).gpus)
    everything = _named([*uuids, *(one.uuid for gpu in gpus for one in gpu.slices)])
    return tuple(everything[place] for place in visible_devices.resolve(mask, everything).gpus)


def _named(uuids: Sequence[str | None]) -> list[str]:
    """With "" for one that is not known, which no mask names."""
    return [uuid or "" for uuid in uuids]
