"""What a tensor says of its device, and what that keeps it from: arrays, pinning, apply_, foreign gradients."""

from __future__ import annotations

import functools
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


_BY_PYTHON = {"apply_": (), "map_": ("'other'",), "map2_": ("argument 'x'", "argument 'y'")}
"""Methods that call Python with each number -> their further tensors, as torch calls them."""


def patch_queries(device: VirtualDevice, patches: Patches) -> None:
    """Tensor.device and its kin, numpy, pinning, apply_, grad."""
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
    for name, others in _BY_PYTHON.items():
        patches.put(torch.Tensor, name, _by_python(device, name, others))


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


def _by_python(device: VirtualDevice, name: str, others: tuple[str, ...]) -> Any:
    run: Any = getattr(TensorBase, name)

    @functools.wraps(run)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        tensors = [("self", self), *zip(others, args)]
        on_gpu = [_is_on_gpu(one) for _, one in tensors]
        if any(on_gpu) and not any(one.requires_grad for _, one in tensors):
            at = on_gpu.index(True)
            argument, odd = tensors[at]
            message = f"{name} is only implemented on CPU tensors"
            if at:
                message = f"{name}: expected {self.type()} for {argument} (got {odd.type()})"
            device.refuse(name, message, [(argument, odd)], (0,), "python")
        return run(self, *args, **kwargs)

    return called


def _is_on_gpu(tensor: Any) -> bool:
    found = carried(tensor)
    return found is not None and found.type == "cuda"
