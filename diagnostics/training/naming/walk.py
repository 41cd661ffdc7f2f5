"""Every tensor that can be reached from named values, the nearest first, with the path the reader would write."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import torch

from diagnostics.training.naming.lookup import attributes, slots

MOST_ITEMS = 256
"""Of a container, so many of its first items are looked at."""

MOST_VALUES = 50_000
DEEPEST = 12

_OPAQUE = (str, bytes, int, float, complex, type(None), type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
_NUMBERED = (torch.nn.Sequential, torch.nn.ModuleList)


class Found(NamedTuple):
    """A tensor and how the reader reaches it. `kind` is "local", "plain", "parameter", "buffer", "grad" or "state".

    `owner` is the object that holds it, and `key` its name there; a "plain" one of a Module is a plain attribute.
    """

    path: str
    tensor: torch.Tensor
    kind: str
    owner: Any = None
    key: str = ""


Parameters = dict[int, str]
"""The path of each parameter by its id, as far as met: optimizer state is named by them."""


class Walk:
    """A walk over named values, place after place; what optimizers hold comes last, when all parameters have names."""

    def __init__(self) -> None:
        self._parameters: Parameters = {}
        self._optimizers: dict[int, tuple[str, torch.optim.Optimizer]] = {}

    def under(self, roots: Iterable[tuple[str, Any]]) -> Iterator[Found]:
        """The tensors under the named values, breadth first; cycles, huge and odd containers are survived."""
        waiting = deque((name, value, "local", None, name, 0) for name, value in roots)
        seen: set[int] = set()
        for _ in range(MOST_VALUES):
            if not waiting:
                break
            path, value, kind, owner, key, depth = waiting.popleft()
            if isinstance(value, torch.Tensor):
                yield from self._tensor(Found(path, value, kind, owner, key))
            elif isinstance(value, _OPAQUE) or id(value) in seen or depth > DEEPEST:
                continue
            elif isinstance(value, torch.optim.Optimizer):
                self._optimizers.setdefault(id(value), (path, value))
            else:
                seen.add(id(value))
                waiting.extend(
                    (path + part, each, sort, value, name, depth + 1) for part, each, sort, name in parts_of(value)
                )

    def optimizers(self) -> Iterator[Found]:
        """What the optimizers met so far hold: parameters that no module in sight has, and their state."""
        for path, optimizer in self._optimizers.values():
            yield from self._groups(path, optimizer)
            for parameter, kept in list(attributes(optimizer).get("state", {}).items()):
                name = self._parameters.get(id(parameter), "...")
                for key, part in kept.items() if isinstance(kept, dict) else ():
                    if isinstance(part, torch.Tensor):
                        yield Found(f"{path}.state[{name}][{key!r}]", part, "state", optimizer, str(key))

    def _groups(self, path: str, optimizer: torch.optim.Optimizer) -> Iterator[Found]:
        for place, group in enumerate(attributes(optimizer).get("param_groups", ())):
            for index, parameter in enumerate(group.get("params", ())):
                name = self._parameters.setdefault(id(parameter), f'{path}.param_groups[{place}]["params"][{index}]')
                yield from self._tensor(Found(name, parameter, "parameter"))

    def _tensor(self, found: Found) -> Iterator[Found]:
        if found.kind == "parameter":
            self._parameters.setdefault(id(found.tensor), found.path)
        yield found
        if found.tensor.is_leaf and found.tensor.grad is not None:
            yield Found(f"{found.path}.grad", found.tensor.grad, "grad", found.tensor, "grad")


def quoted(key: object) -> str:
    """A key of a dict as the reader writes it."""
    return '"' + key + '"' if type(key) is str and '"' not in key and "\\" not in key else repr(key)


def parts_of(value: Any) -> Iterator[tuple[str, Any, str, str]]:
    """What a value holds: (path from there, part, kind, name)."""
    if isinstance(value, torch.nn.Module):
        yield from _of_module(value)
    elif isinstance(value, dict):
        yield from _of_dict(value)
    elif isinstance(value, (list, tuple, deque)):
        yield from _of_sequence(value)
    elif isinstance(attributes(value).get("data"), dict):
        yield from _of_dict(attributes(value)["data"])
    else:
        for name, part in islice(list(attributes(value).items()), MOST_ITEMS):
            yield f".{name}", part, "plain", str(name)
        for name, part in slots(value).items():
            yield f".{name}", part, "plain", name


def _of_module(module: torch.nn.Module) -> Iterator[tuple[str, Any, str, str]]:
    own = attributes(module)
    for table, kind in (("_parameters", "parameter"), ("_buffers", "buffer")):
        for name, part in list(own.get(table, {}).items()):
            yield f".{name}", part, kind, name
    for name, part in list(own.items()):
        if not name.startswith("_") or isinstance(part, torch.Tensor):
            yield f".{name}", part, "plain", name
    for name, part in list(own.get("_modules", {}).items()):
        if isinstance(module, _NUMBERED) and name.isdigit():
            yield f"[{name}]", part, "module", name
        elif isinstance(module, torch.nn.ModuleDict):
            yield f"[{quoted(name)}]", part, "module", name
        else:
            yield f".{name}", part, "module", name


def _of_dict(table: dict[Any, Any]) -> Iterator[tuple[str, Any, str, str]]:
    for key, part in list(islice(dict.items(table), MOST_ITEMS)):
        if type(key) in (str, int, bool, float):
            yield f"[{quoted(key)}]", part, "plain", str(key)


def _of_sequence(items: Any) -> Iterator[tuple[str, Any, str, str]]:
    fields = getattr(type(items), "_fields", None) if isinstance(items, tuple) else None
    kind = next(kind for kind in (list, tuple, deque) if isinstance(items, kind))
    for place, part in enumerate(islice(kind.__iter__(items), MOST_ITEMS)):
        if isinstance(fields, tuple) and place < len(fields):
            yield f".{fields[place]}", part, "plain", str(fields[place])
        else:
            yield f"[{place}]", part, "plain", str(place)
