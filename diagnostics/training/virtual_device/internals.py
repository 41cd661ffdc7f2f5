"""What of torch's own, undocumented names the virtual device stands on: all of it is here, and nowhere else.

Tested with torch 2.13. Where another version lacks one of them, `require` says which, and nothing is patched.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from typing import Any

import torch

TESTED = ("2.13",)

_NEEDED = (
    "torch._C.TensorBase",
    "torch._C.Generator",
    "torch._C._len_torch_dispatch_stack",
    "torch._C._get_dispatch_stack_at",
    "torch._C.DisableTorchFunction",
    "torch._C.DisableTorchFunctionSubclass",
    "torch._VF",
    "torch.utils._device._device_constructors",
    "torch.utils._device.DeviceContext",
    "torch._C._get_function_stack_at",
    "torch._C._len_torch_function_stack",
    "torch.utils._python_dispatch.TorchDispatchMode",
    "torch.serialization._package_registry",
    "torch.jit._builtins._builtin_table",
    "torch.overrides.TorchFunctionMode",
    "torch.optim.optimizer._get_foreach_kernels_supported_devices",
    "torch.multiprocessing.reductions.reduce_storage",
    "torch.utils.data.dataloader._BaseDataLoaderIter",
)


class NotThisTorch(RuntimeError):
    """This version of torch lacks something that the virtual device stands on."""


def require() -> None:
    """Raises NotThisTorch, which says in a sentence what is missing."""
    missing = [name for name in _NEEDED if not _there(name)]
    if missing:
        raise NotThisTorch(
            f"the virtual device was tested with torch {', '.join(TESTED)} and cannot work with {torch.__version__}, "
            f"which has no {', '.join(missing)}: use --device cpu, or another version of torch"
        )


def untried() -> str:
    """That nobody tried this version of torch, in a sentence; empty for one that was tried."""
    if version() in TESTED:
        return ""
    return f"the virtual device was tested with torch {', '.join(TESTED)}, and this is {torch.__version__}"


def load_what_keeps_tables() -> None:
    """torch._dynamo, which the first optimizer imports, lists torch's functions as it finds them: before we come."""
    with contextlib.suppress(ImportError):
        importlib.import_module("torch._dynamo")
    constructors()


def _there(name: str) -> bool:
    owner, _, attribute = name.rpartition(".")
    if hasattr(_module_or_attribute(owner), attribute):
        return True
    return importlib.util.find_spec(name) is not None if hasattr(_module_or_attribute(owner), "__path__") else False


def _module_or_attribute(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        owner, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(owner), attribute, None)


TensorBase: Any = torch._C.TensorBase
GeneratorBase: Any = torch._C.Generator

_storage: Any = TensorBase.untyped_storage
_device: Any = TensorBase.device.__get__
_PLAIN = (torch.Tensor, torch.nn.Parameter)


def _is_told(tensor: Any) -> bool:
    """Whether a mode or a class of the script hears what is asked of this tensor: of our questions it must not."""
    return type(tensor) not in _PLAIN or torch._C._len_torch_function_stack() > 0


def storage_of(tensor: Any) -> Any:
    """Its untyped storage. Raises for a tensor that has none."""
    if _is_told(tensor):
        with torch._C.DisableTorchFunction():  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
            return _storage(tensor)
    return _storage(tensor)


def true_device(tensor: Any) -> Any:
    """The device that C++ sees, whatever the tensor carries."""
    if _is_told(tensor):
        with torch._C.DisableTorchFunction():  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
            return _device(tensor)
    return _device(tensor)


def version() -> str:
    """Major and minor, as "2.13"."""
    return ".".join(str(torch.__version__).split(".")[:2])


def default_device() -> torch.device | None:
    """What set_default_device or `with torch.device(...)` asks for; None where neither is in force.

    torch.get_default_device would make a tensor to answer, and so come back here.
    """
    for depth in range(torch._C._len_torch_function_stack() - 1, -1, -1):
        mode = torch._C._get_function_stack_at(depth)
        if isinstance(mode, _DeviceContext):
            found: torch.device = mode.device
            return found
    return None


_DeviceContext: Any = importlib.import_module("torch.utils._device").DeviceContext

optimizers: Any = importlib.import_module("torch.optim.optimizer")
"""The module; torch.optim takes the name away from where it would be looked for."""


script_names: Any = importlib.import_module("torch.jit._builtins")


def script_table(replaced: dict[int, Any]) -> dict[int, str]:
    """`_builtin_table` of `script_names`, by which TorchScript knows torch's functions, by what they are.

    `replaced`: what now stands for each of them, by the id of what stood there.
    """
    known: dict[int, str] = script_names._get_builtin_table()
    return {**known, **{id(new): known[before] for before, new in replaced.items() if before in known}}


def constructors() -> list[Any]:
    """The functions that make tensors and take a device. Asked once before they are wrapped: torch keeps the set."""
    found: set[Any] = importlib.import_module("torch.utils._device")._device_constructors()
    return list(found)


def dispatch_modes() -> int:
    """How many dispatch modes are on in this thread."""
    return int(torch._C._len_torch_dispatch_stack())


def innermost_mode() -> Any:
    return torch._C._get_dispatch_stack_at(dispatch_modes() - 1) if dispatch_modes() else None


def unwrapped(tensor: Any) -> Any:
    """The tensor inside a wrapper of torch.func (vmap, grad), which has no storage of its own; None for others."""
    functorch = torch._C._functorch
    return functorch.get_unwrapped(tensor) if functorch.is_functorch_wrapped_tensor(tensor) else None


def argument_names(operator: Any) -> list[str]:
    """The names of an ATen operator's arguments, in order."""
    return [argument.name for argument in operator._schema.arguments]


def operator_name(operator: Any) -> tuple[str, str]:
    """Its name, and its name with the overload: ("index", "index.Tensor")."""
    schema = operator._schema
    base = schema.name.split("::")[1]
    return base, f"{base}.{schema.overload_name}" if schema.overload_name else base
