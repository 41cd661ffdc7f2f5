"""The device that a tensor carries: kept on its storage, so that views share it, and clones do not.

A storage never moves, so a tag is true for as long as the storage lives. A tensor without one was made where nobody
looked; its device is not known, and no verdict rests on it.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

import torch

from .frames import user_frame
from .internals import storage_of, true_device, unwrapped

CPU = torch.device("cpu")

_DEVICE = "_carried_device"
_BIRTH = "_carried_birth"
_PLIANT = "_carried_as_needed"


class Birth(NamedTuple):
    """Where a tensor was made: the user's file, the line from 1, and by what."""

    file: str
    line: int
    op: str


class Guess:
    """The device that is named for a tensor nobody knows of, as `h.device` asks in a pass that is not watched."""

    device = torch.device("cpu")
    """The GPU last asked for. An object of its own: what is made on "it" is known by identity to rest on a guess."""

    @classmethod
    def follow(cls, device: torch.device) -> None:
        if device != cls.device:
            cls.device = torch.device(device.type, device.index) if device.index is not None else CPU

    @classmethod
    def forget(cls) -> None:
        cls.device = torch.device("cpu")


def carried(tensor: Any) -> torch.device | None:
    """The device that the tensor is known to carry, or None."""
    try:
        found: torch.device | None = getattr(storage_of(tensor), _DEVICE, None)
    except Exception:  # sparse tensors and the wrappers of torch.func have no storage
        found = getattr(tensor, _DEVICE, None)
        if found is None:
            inner = unwrapped(tensor)
            return carried(inner) if inner is not None else None
    return found


def device_of(tensor: Any) -> torch.device:
    """What `tensor.device` says under the virtual device: the truth where it is known, else the best guess."""
    found = carried(tensor)
    if found is not None:
        return found
    real: torch.device = true_device(tensor)
    return Guess.device if real.type == "cpu" else real


def tag(tensor: Any, device: torch.device) -> None:
    """Makes the tensor carry the device, unless it carries one."""
    try:
        holder = storage_of(tensor)
    except Exception:
        holder = tensor
    if getattr(holder, _DEVICE, None) is None:
        setattr(holder, _DEVICE, device)


def retag(tensor: Any, device: torch.device | None) -> None:
    """Makes a tensor that was just made carry this device, whatever its inputs carried. None: not known."""
    try:
        setattr(storage_of(tensor), _DEVICE, device)
    except Exception:
        setattr(tensor, _DEVICE, device)


def make_pliant(tensor: Any) -> None:
    """Lets a tensor that torch's own C++ made for an operator be wherever its partners are."""
    with contextlib.suppress(Exception):
        setattr(storage_of(tensor), _PLIANT, True)


def is_pliant(tensor: Any) -> bool:
    try:
        return getattr(storage_of(tensor), _PLIANT, False)
    except Exception:  # without storage
        return False


def born(tensor: Any, op: str) -> None:
    """Remembers that the user's code made this tensor just now."""
    frame = user_frame(2)
    if frame is not None:
        for tell in _told:
            tell(frame)
        try:
            setattr(storage_of(tensor), _BIRTH, (frame.f_code.co_filename, frame.f_lineno, op))
        except Exception:  # one without storage has no birth
            return


_told: list[Callable[[FrameType], object]] = []


def tell_of_births(tell: Callable[[FrameType], object] | None) -> None:
    """From now on `tell` is called with the user's frame at each birth. None: no more."""
    _told[:] = [tell] if tell is not None else []


def birth(tensor: Any) -> Birth | None:
    """Where it was made, where that was seen."""
    try:
        found = getattr(storage_of(tensor), _BIRTH, None)
    except Exception:
        return None
    return Birth(*found) if found is not None else None


def tag_all_as_cpu() -> None:
    """Tags the tensors of before the watch: without a GPU, all of them are on the CPU."""
    for thing in gc.get_objects():
        if issubclass(type(thing), torch.Tensor) and true_device(thing).type == "cpu":
            tag(thing, CPU)


def place_of(storage: Any) -> torch.device | None:
    """The device that a storage is known to be on."""
    return getattr(storage, _DEVICE, None)


def place(storage: Any, device: torch.device | None) -> None:
    """Has the storage, and all tensors on it, be there."""
    setattr(storage, _DEVICE, device)
