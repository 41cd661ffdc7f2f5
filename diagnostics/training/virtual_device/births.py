"""Tensors made from nothing, from Python's numbers and from arrays: each carries the device that was asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from .internals import GeneratorBase, TensorBase, constructors, default_device
from .moves import KINDS
from .patching import Patches
from .tags import CPU, born, carried, retag, tag

if TYPE_CHECKING:
    from .device import VirtualDevice

Maker = Callable[..., Any]

_LIKE = tuple(f"{kind}_like" for kind in ("empty", "full", "ones", "rand", "randint", "randn", "zeros"))
_NEW = ("new_empty", "new_empty_strided", "new_full", "new_ones", "new_zeros")
_FROM_DATA = ("tensor", "as_tensor", "asarray")
_WITH_GENERATOR = ("multinomial", "bernoulli", "poisson")
_FILLED = ("normal_", "uniform_", "random_", "bernoulli_", "exponential_", "log_normal_", "cauchy_", "geometric_")
_ARRAYS = ("from_numpy", "frombuffer", "from_file")

_WRONG_GENERATOR = "Expected a '{}' device type for generator but found '{}'"


def patch_births(device: VirtualDevice, patches: Patches) -> None:
    """The functions of torch that make tensors, Tensor.new_*, the old constructors, and Generator."""
    for function in constructors():
        name: str = function.__name__
        if name in vars(torch) and name not in _FROM_DATA:
            patches.put(torch, name, _maker(device, function, name))
    for owner, name in ((torch.fft, "fftfreq"), (torch.fft, "rfftfreq"), (torch.nested, "nested_tensor")):
        patches.put(owner, name, _maker(device, getattr(owner, name), name))
    for name in _LIKE:
        patches.put(torch, name, _like(device, getattr(torch, name), name))
    for name in _NEW:
        patches.put(torch.Tensor, name, _like(device, getattr(TensorBase, name), name))
    for name in _ARRAYS:
        patches.put(torch, name, _on_cpu(getattr(torch, name), name))
    for name in _WITH_GENERATOR:
        patches.put(torch, name, _drawn(device, getattr(torch, name), name))
    for name in (*_FILLED, "multinomial", "bernoulli"):
        patches.put(torch.Tensor, name, _drawn(device, getattr(TensorBase, name), name))
    for owner, name in ((torch._C._nn, "pad_sequence"), (torch, "block_diag"), (torch, "cartesian_prod")):
        patches.put(owner, name, _gathered(getattr(owner, name)))
    patches.put(torch, "normal", _normal(device, torch.normal))
    patches.put(torch, "tensor", _tensor(device))
    patches.put(torch, "as_tensor", _as_tensor(device, torch.as_tensor))
    patches.put(torch, "asarray", _as_tensor(device, torch.asarray))
    patches.put(torch.Tensor, "new_tensor", _new_tensor)
    patches.put(torch.Tensor, "__new__", staticmethod(_old_constructor()))
    patches.put(torch, "Generator", _generator(device))
    for name, dtype in KINDS.items():
        patches.put(torch, name, _old_type(getattr(torch, name), f"torch.{name}", dtype, "cpu", device))
        patches.put(torch.cuda, name, _old_type(getattr(torch, name), f"torch.cuda.{name}", dtype, "cuda", device))
    patches.put(torch, "set_default_tensor_type", _set_default_tensor_type)


def _maker(device: VirtualDevice, make: Maker, name: str) -> Maker:
    @functools.wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        asked = kwargs.get("device")
        if asked is None:
            asked = default_device()
        wanted = CPU if asked is None else device.resolve(asked)
        if (wanted is not None and wanted.type not in ("cpu", "cuda")) or kwargs.get("out") is not None:
            return make(*args, **kwargs)
        _check_generator(device, name, kwargs.get("generator"), wanted)
        if asked is not None:
            kwargs["device"] = CPU
        return _new(make(*args, **kwargs), wanted, name)

    return made


def _like(device: VirtualDevice, make: Maker, name: str) -> Maker:
    """The makers that take shape, type and device from a tensor."""

    @functools.wraps(make)
    def made(source: Any, *args: Any, **kwargs: Any) -> Any:
        asked = kwargs.get("device")
        wanted = carried(source) if asked is None else device.resolve(asked)
        if wanted is not None and wanted.type not in ("cpu", "cuda"):
            return make(source, *args, **kwargs)
        _check_generator(device, name, kwargs.get("generator"), wanted)
        if asked is not None:
            kwargs["device"] = CPU
        return _new(make(source, *args, **kwargs), wanted, name)

    return made


def _new(out: Any, wanted: torch.device | None, name: str) -> Any:
    """What was made just now, carrying its device; a meta tensor carries none."""
    if isinstance(out, torch.Tensor) and not out.is_meta:
        retag(out, wanted)
        born(out, f"torch.{name}")
    return out


def _on_cpu(make: Maker, name: str) -> Maker:
    @functools.wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        out = make(*args, **kwargs)
        tag(out, CPU)
        born(out, f"torch.{name}")
        return out

    return made


def _gathered(make: Maker) -> Maker:
    """Functions that make their result in C++ and copy tensors into it: it is where the first of these is."""

    @functools.wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        out = make(*args, **kwargs)
        sources = args[0] if args and isinstance(args[0], (list, tuple)) else args
        found = carried(sources[0]) if sources else None
        if found is not None:
            tag(out, found)
        return out

    return made


def _drawn(device: VirtualDevice, draw: Maker, name: str) -> Maker:
    """Functions of a tensor that draw random numbers: the generator has to be of its device."""

    @functools.wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        generator = kwargs.get("generator")
        if generator is not None:
            tensors = [one for one in args if isinstance(one, torch.Tensor)]
            _check_generator(device, name, generator, carried(tensors[0]) if tensors else CPU)
        return draw(*args, **kwargs)

    return drawn


def _normal(device: VirtualDevice, draw: Maker) -> Maker:
    """torch.normal: with a tensor for mean or deviation it draws where that is, else it makes one from nothing."""
    made, drawn = _maker(device, draw, "normal"), _drawn(device, draw, "normal")

    @functools.wraps(draw)
    def normal(*args: Any, **kwargs: Any) -> Any:
        of_tensors = any(isinstance(one, torch.Tensor) for one in (*args, kwargs.get("mean"), kwargs.get("std")))
        return (drawn if of_tensors else made)(*args, **kwargs)

    return normal


def _check_generator(device: VirtualDevice, name: str, generator: Any, wanted: torch.device | None) -> None:
    if generator is None or wanted is None:
        return
    found = getattr(generator, "device", CPU)
    if found.type != wanted.type:
        device.refuse(name, _WRONG_GENERATOR.format(wanted.type, found.type), kind="generator")


def _tensor(device: VirtualDevice) -> Maker:
    make: Maker = torch.tensor

    @functools.wraps(make)
    def tensor(data: Any, **kwargs: Any) -> Any:
        asked = kwargs.pop("device", None)
        if asked is None:
            asked = default_device()
        source = carried(data) if isinstance(data, torch.Tensor) else CPU
        wanted = source if asked is None else device.resolve(asked)
        if wanted is not None and wanted.type not in ("cpu", "cuda"):
            return make(data, device=asked, **kwargs)
        return _new(make(data, device=CPU, **kwargs), wanted, "tensor")

    return tensor


def _as_tensor(device: VirtualDevice, make: Maker) -> Maker:
    """as_tensor and asarray: the data itself where it is on the device, else a copy there."""

    @functools.wraps(make)
    def as_tensor(data: Any, dtype: Any = None, device: Any = None, **kwargs: Any) -> Any:
        asked = default_device() if device is None else device
        if asked is not None and not isinstance(asked, int) and torch.device(asked).type not in ("cpu", "cuda"):
            return make(data, dtype=dtype, device=asked, **kwargs)
        if isinstance(data, torch.Tensor):
            return data.to(device=asked, dtype=dtype) if asked is not None or dtype is not None else data
        wanted = CPU if asked is None else virtual.resolve(asked)
        out = make(data, dtype=dtype, device=CPU, **kwargs)
        return _new(out if wanted is CPU else TensorBase.clone(out), wanted, make.__name__)

    virtual = device
    return as_tensor


def _new_tensor(self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    place = carried(self) if device is None else device
    out = torch.tensor(data, dtype=dtype or self.dtype, device=place or CPU, requires_grad=requires_grad)
    if place is None:
        retag(out, None)
    return out


def _old_constructor() -> Maker:
    """torch.Tensor(...): always on the CPU."""
    make = TensorBase.__new__

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        out = make(cls, *args, **kwargs)
        if type(out) is torch.Tensor and not out.is_meta:
            tag(out, CPU)
            born(out, "torch.Tensor")
        return out

    return new


class OldType(type):
    """What stands for torch.FloatTensor and torch.cuda.FloatTensor: it is called, and asked for isinstance."""

    name: str
    dtype: torch.dtype
    place: str
    make: Maker
    resolve: Callable[[Any], torch.device | None]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        out = cls.make(*args, **kwargs)
        return _new(out, cls.resolve(cls.place), cls.name.partition(".")[2])

    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, torch.Tensor) and thing.dtype is cls.dtype and thing.device.type == cls.place

    def __repr__(cls) -> str:
        return f"<class '{cls.name}'>"


def _old_type(make: Maker, name: str, dtype: torch.dtype, place: str, device: VirtualDevice) -> Any:
    members = {"name": name, "dtype": dtype, "place": place, "make": staticmethod(make), "is_cuda": place == "cuda"}
    return OldType(name.rpartition(".")[2], (), {**members, "resolve": staticmethod(device.resolve)})


def _set_default_tensor_type(kind: Any) -> None:
    place, _, name = str(getattr(kind, "name", kind)).rpartition(".")
    torch.set_default_dtype(KINDS[name])
    torch.set_default_device("cuda" if place == "torch.cuda" else None)


def _generator(device: VirtualDevice) -> Any:
    class Generator(GeneratorBase):  # type: ignore[misc]
        """A generator of the CPU, whatever device it names: the same seed gives the numbers of a plain run."""

        def __new__(cls, device: Any = None) -> Any:
            return GeneratorBase.__new__(cls)

        def __init__(self, device: Any = None) -> None:
            self._device = virtual.resolve(device) if device is not None else CPU

        @property
        def device(self) -> Any:
            return self._device

    virtual = device
    return Generator
