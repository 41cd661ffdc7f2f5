"""What DataParallel does between GPUs, in copies: scatter, gather, broadcast and sum; and what it asks for first."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parallel import _functions, comm

from .patching import Patches
from .tags import carried

if TYPE_CHECKING:
    from .device import VirtualDevice


_LEFT_BEHIND = (
    "module must have its parameters and buffers on device {} (device_ids[0]) but found one of them on device: {}"
)


def patch_parallel(device: VirtualDevice, patches: Patches) -> None:
    """DataParallel, and torch.nn.parallel.comm, whose own is in a CUDA build alone."""
    patches.put(torch.nn.DataParallel, "forward", _forward(device, torch.nn.DataParallel.forward))
    for function in (scatter, gather, broadcast, broadcast_coalesced, reduce_add, reduce_add_coalesced):
        patches.put(comm, function.__name__, function)
    patches.put_if_there(_functions, "_get_stream", lambda device: None)
    patches.put(torch.Tensor, "record_stream", lambda tensor, stream: None)


def _forward(device: VirtualDevice, run: Any) -> Any:
    """DataParallel.forward, whose module has to be on the first of its GPUs."""

    @functools.wraps(run)
    def forward(self: Any, *inputs: Any, **kwargs: Any) -> Any:
        wanted = self.src_device_obj if self.device_ids else None
        for one in chain(self.module.parameters(), self.module.buffers()) if wanted else ():
            found = carried(one)
            if found is not None and found != wanted:
                device.refuse("DataParallel", _LEFT_BEHIND.format(wanted, found), [("module", one)], (0,), "module")
        return run(self, *inputs, **kwargs)

    return forward


def scatter(
    tensor: Any, devices: Sequence[Any] = (), chunk_sizes: Any = None, dim: int = 0, streams: Any = None
) -> tuple[Any, ...]:
    """A part of the tensor on each GPU."""
    parts = tensor.split(chunk_sizes, dim) if chunk_sizes else tensor.chunk(len(devices), dim)
    return tuple(part.to(device) for part, device in zip(parts, devices))


def gather(tensors: Sequence[Any], dim: int = 0, destination: Any = None) -> Any:
    """The parts together on one."""
    place = "cuda" if destination is None else destination if destination != -1 else "cpu"
    return torch.cat([tensor.to(place) for tensor in tensors], dim)


def broadcast(tensor: Any, devices: Sequence[Any] = ()) -> tuple[Any, ...]:
    return tuple(tensor.to(device) for device in devices)


def broadcast_coalesced(tensors: Sequence[Any], devices: Sequence[Any], buffer_size: int = 0) -> list[Any]:
    """For each GPU, all of the tensors."""
    return [[tensor.to(device) for tensor in tensors] for device in devices]


def reduce_add(inputs: Sequence[Any], destination: Any = None) -> Any:
    place = "cuda" if destination is None else destination
    total = inputs[0].to(place)
    for one in inputs[1:]:
        total = total + one.to(place)
    return total


def reduce_add_coalesced(inputs: Sequence[Sequence[Any]], destination: Any = None, buffer_size: int = 0) -> Any:
    """`inputs` are the tensors of each GPU; their sums, on one."""
    return tuple(reduce_add(group, destination) for group in zip(*inputs))
