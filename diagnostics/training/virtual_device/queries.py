"""What a tensor says of its device, and what that keeps it from: an array, pinned memory, a foreign gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .internals import TensorBase
from .patching import Patches
from .tags import CPU, carried, device_of

if TYPE_CHECKING:
    from .device import VirtualDevice

_NOT_AN_ARRAY = (
    "can't convert {} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
)

_FOREIGN_GRADIENT = (
    "attempting to assign a gradient with device type '{}' to a tensor with device type '{}'. "
    "Please ensure that the gradient and the tensor are on the same device"
)


def patch_queries(device: VirtualDevice, patches: Patches) -> None:
    """Tensor.device and its kin, numpy, pinning, grad."""
    for name, value in {
        "device": property(device_of),
        "is_cuda": property(lambda tensor: device_of(tensor).type == "cuda"),
        "is_cpu": property(lambda tensor: device_of(tensor).type == "cpu"),
        "get_device": _get_device,
        "grad": _grad(device),
        "numpy": _numpy(device),
        "pin_memory": _pin_memory(device),
        "is_pinned": lambda tensor, device=None: getattr(tensor.untyped_storage(), "_pinned", False),
    }.items():
        patches.put(torch.Tensor, name, value)


def _get_device(tensor: Any) -> int:
    found = device_of(tensor)
    return found.index if found.type == "cuda" else -1


def _grad(device: VirtualDevice) -> Any:
    """Tensor.grad, which takes a gradient of its tensor's own device."""
    true_grad: Any = TensorBase.grad

    def assign(tensor: Any, gradient: Any) -> None:
        if isinstance(gradient, torch.Tensor):
            here, there = carried(tensor), carried(gradient)
            if here is not None and there is not None and here != there:
                pair = [("self", tensor), ("grad", gradient)]
                device.refuse("grad", _FOREIGN_GRADIENT.format(there.type, here.type), pair, (1,))
        true_grad.__set__(tensor, gradient)

    return property(true_grad.__get__, assign, true_grad.__delete__)


def _numpy(device: VirtualDevice) -> Any:
    def numpy(self: Any, *, force: bool = False) -> Any:
        found = carried(self)
        if found is None or found.type == "cpu":
            return TensorBase.numpy(self, force=force)
        if not force:
            device.refuse("numpy", _NOT_AN_ARRAY.format(found), [("self", self)], (0,), "numpy")
        return TensorBase.numpy(self, force=True).copy()

    return numpy


def _pin_memory(device: VirtualDevice) -> Any:
    def pin_memory(self: Any, *ignored: Any, **named: Any) -> Any:
        found = carried(self) or CPU
        if found.type == "cuda":
            text = f"cannot pin '{self.type()}' only dense CPU tensors can be pinned"
            device.refuse("pin_memory", text, [("self", self)], (0,), "host")
        self.untyped_storage()._pinned = True
        return self

    return pin_memory
