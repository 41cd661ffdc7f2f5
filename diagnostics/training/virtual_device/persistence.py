"""Tensors that leave the process or are copied whole: torch.save and load, pickle, deepcopy, loader workers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any

import torch
from torch.multiprocessing import reductions

from .patching import Patches
from .tags import place, place_of

if TYPE_CHECKING:
    from .device import VirtualDevice

_FIRST = 5
"""Asked before torch's own packages, of which the CPU's is 10."""

_REBUILDERS = ("rebuild_storage_fd", "rebuild_storage_filename", "rebuild_storage_empty")


def patch_persistence(device: VirtualDevice, patches: Patches) -> None:
    """Storages say where they are when they are saved, and go where they belong when they are loaded."""
    registry = torch.serialization._package_registry
    patches.put(torch.serialization, "_package_registry", [(_FIRST, _saved_as, _loader(device)), *registry])
    patches.put(torch.jit, "load", _script_loader(device, torch.jit.load))
    patches.put(torch.UntypedStorage, "__deepcopy__", _deepcopy)
    patches.put(torch.UntypedStorage, "cuda", _storage_to_gpu(device))
    for name in _REBUILDERS:
        patches.put_if_there(reductions, name, _rebuilt(device, getattr(reductions, name)))
    reducers: dict[Any, Any] = ForkingPickler._extra_reducers  # type: ignore[attr-defined]
    patches.put(ForkingPickler, "_extra_reducers", {**reducers, torch.UntypedStorage: _reduced})


def _script_loader(device: VirtualDevice, load: Any) -> Any:
    """torch.jit.load, which makes its tensors in C++: on the CPU, and then they carry what was asked for."""

    @functools.wraps(load)
    def loaded(file: Any, map_location: Any = None, *args: Any, **kwargs: Any) -> Any:
        module = load(file, "cpu" if map_location is not None else None, *args, **kwargs)
        wanted = device.resolve("cpu" if map_location is None else map_location)
        for tensor in (*module.parameters(), *module.buffers()):
            place(tensor.untyped_storage(), wanted)
        return module

    return loaded


def _untyped(storage: Any) -> Any:
    return getattr(storage, "_untyped_storage", storage)


def _saved_as(storage: Any) -> str | None:
    found = place_of(_untyped(storage))
    return str(found) if found is not None else None


def _loader(device: VirtualDevice) -> Callable[[Any, str], Any]:
    def load(storage: Any, location: str) -> Any:
        if not location.startswith(("cpu", "cuda")):
            return None
        place(_untyped(storage), device.resolve(location))
        return storage

    return load


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    out = torch.storage._StorageBase.__deepcopy__(self, memo)  # type: ignore[no-untyped-call]
    place(out, place_of(self))
    return out


def _storage_to_gpu(device: VirtualDevice) -> Any:
    def cuda(self: Any, device: Any = None, non_blocking: bool = False) -> Any:
        out = self.clone()
        place(out, virtual.resolve("cuda" if device is None else device))
        return out

    virtual = device
    return cuda


def _reduced(storage: Any) -> Any:
    """As torch has it; a storage that carries a GPU names it, as one more argument of the function that rebuilds it."""
    rebuild, arguments = reductions.reduce_storage(storage)  # type: ignore[no-untyped-call]
    found = place_of(storage)
    return rebuild, (*arguments, str(found)) if found is not None and found.type == "cuda" else arguments


def _rebuilt(device: VirtualDevice, rebuild: Any) -> Any:
    """A storage that comes from another process is on the CPU, unless it says otherwise."""

    @functools.wraps(rebuild)
    def rebuilt(*arguments: Any) -> Any:
        named = isinstance(arguments[-1], str) and arguments[-1].startswith("cuda")
        storage = rebuild(*arguments[:-1] if named else arguments)
        place(_untyped(storage), device.resolve(arguments[-1] if named else "cpu"))
        return storage

    return rebuilt
