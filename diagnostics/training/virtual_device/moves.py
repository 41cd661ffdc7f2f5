"""Copies from device to device: Tensor.to, cuda, cpu, type and clone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .internals import TensorBase, true_device
from .patching import Patches
from .tags import CPU, born, carried, device_of, retag, tag

if TYPE_CHECKING:
    from .device import VirtualDevice

KINDS: dict[str, torch.dtype] = {
    "FloatTensor": torch.float32,
    "DoubleTensor": torch.float64,
    "HalfTensor": torch.float16,
    "BFloat16Tensor": torch.bfloat16,
    "LongTensor": torch.int64,
    "IntTensor": torch.int32,
    "ShortTensor": torch.int16,
    "CharTensor": torch.int8,
    "ByteTensor": torch.uint8,
    "BoolTensor": torch.bool,
}
"""The old names of tensor types."""

_OURS = ("cpu", "cuda")

_MOVED_TO: dict[Any, str] = {
    device: f"to({device})" for device in (CPU, *(torch.device("cuda", index) for index in range(16)))
}


class ToCopy(torch.autograd.Function):
    """A copy on another device, whose gradient goes back to where the original is."""

    @staticmethod
    def forward(ctx: Any, source: Any, device: torch.device | None, options: dict[str, Any]) -> Any:
        ctx.came_from, ctx.dtype = carried(source), source.dtype
        return copied(source, device, options)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return move(gradient, ctx.came_from, {"dtype": ctx.dtype}), None, None


def copied(source: Any, device: torch.device | None, options: dict[str, Any]) -> Any:
    out = TensorBase.to(source, CPU, copy=True, **options)
    retag(out, device)
    return out


def move(source: Any, device: torch.device | None, options: dict[str, Any]) -> Any:
    """A copy of the tensor that carries `device`. `options`: dtype, memory_format."""
    if source.requires_grad and torch.is_grad_enabled():
        out = ToCopy.apply(source, device, options)  # type: ignore[no-untyped-call]
        retag(out, device)
        return out
    return copied(source, device, options)


def patch_moves(device: VirtualDevice, patches: Patches) -> None:
    """Tensor.to and its kin."""
    to = _to(device)

    def cuda(
        self: Any, device: Any = None, non_blocking: bool = False, memory_format: Any = torch.preserve_format
    ) -> Any:
        return to(self, "cuda" if device is None else device, memory_format=memory_format)

    def cpu(self: Any, memory_format: Any = torch.preserve_format) -> Any:
        return to(self, CPU, memory_format=memory_format)

    patches.put(torch.Tensor, "to", to)
    patches.put(torch.Tensor, "cuda", cuda)
    patches.put(torch.Tensor, "cpu", cpu)
    patches.put(torch.Tensor, "type", _type(to))
    patches.put(torch.Tensor, "type_as", lambda self, other: to(self, other))
    patches.put(torch.Tensor, "clone", _clone)


def _to(device: VirtualDevice) -> Any:
    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked, options, copy = _parsed(args, kwargs)
        wanted = None if asked is None else device.resolve(asked)
        if asked is None or (wanted is not None and wanted.type not in _OURS):
            return _like_itself(TensorBase.to(self, *args, **kwargs), self)
        if wanted is not None and wanted == carried(self):
            return _like_itself(TensorBase.to(self, copy=copy, **options), self) if copy or options else self
        if self.is_meta:
            return TensorBase.to(self, CPU)  # torch says that there is nothing to copy
        out = move(self, wanted, options)
        born(out, _MOVED_TO.get(wanted, "to"))
        return out

    return to


def _parsed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any], bool]:
    """The three forms of Tensor.to: device and dtype, dtype alone, like another tensor. Device, options, copy."""
    if len(args) == 1 and not kwargs and isinstance(args[0], (torch.device, str)):
        return args[0], {}, False
    asked = kwargs.get("device")
    options = {name: kwargs[name] for name in ("dtype", "memory_format") if kwargs.get(name) is not None}
    flags = [one for one in args if isinstance(one, bool)]
    copy = bool(kwargs.get("copy", flags[1] if len(flags) > 1 else False))
    other = kwargs.get("other", args[0] if args and isinstance(args[0], torch.Tensor) else None)
    if other is not None:
        return device_of(other), {**options, "dtype": other.dtype}, copy
    for one in args[:2]:
        if isinstance(one, torch.dtype):
            options["dtype"] = one
        elif isinstance(one, (str, torch.device, int)) and not isinstance(one, bool):
            asked = one
    return asked, options, copy


def _type(to: Any) -> Any:
    def type_(self: Any, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
        if dtype is None:
            name: str = TensorBase.type(self)
            return name.replace("torch.", "torch.cuda.", 1) if device_of(self).type == "cuda" else name
        if isinstance(dtype, torch.dtype):
            return self.to(dtype)
        place, _, kind = str(getattr(dtype, "name", dtype)).rpartition(".")
        if kind not in KINDS:
            return TensorBase.type(self, dtype, non_blocking, **kwargs)
        return to(self, "cuda" if place == "torch.cuda" else CPU, KINDS[kind])

    return type_


def _clone(self: Any, *, memory_format: Any = torch.preserve_format) -> Any:
    return _like_itself(TensorBase.clone(self, memory_format=memory_format), self)


def _like_itself(out: Any, source: Any) -> Any:
    found = carried(source)
    if found is not None and true_device(out).type == "cpu":
        tag(out, found)
    return out
