"""Modules that were not moved, or not all of whose parts `Module.to` can see."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import torch

from diagnostics.training.naming import Place, Scene
from diagnostics.training.naming.lookup import attributes
from diagnostics.training.naming.walk import parts_of


@dataclass(frozen=True)
class Link:
    """One step on the way from a module to a tensor: its path, the object, and how it is held ("plain", "module")."""

    path: str
    value: Any
    kind: str
    key: str


def outermost(scene: Scene, tensor: torch.Tensor) -> tuple[Place, list[Link]] | None:
    """The outermost module in sight that holds the tensor, with the way to it; None where none does."""
    for place in reversed(scene.places):
        for name, value in list(place.frame.f_locals.items()):
            if type(name) is str and name.isidentifier():
                for link in _modules_at(name, value):
                    way = _way(link, tensor)
                    if way is not None:
                        return place, way
    return None


def devices(scene: Scene, module: torch.nn.Module) -> set[str]:
    """Where the parameters and buffers that `Module.to` sees are."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        own = attributes(waiting.pop())
        for table in ("_parameters", "_buffers"):
            found.update(str(scene.device_of(each)) for each in own.get(table, {}).values() if each is not None)
        waiting.extend(each for each in own.get("_modules", {}).values() if each is not None)
    return found


def _modules_at(name: str, value: Any) -> list[Link]:
    if isinstance(value, torch.nn.Module):
        return [Link(name, value, "local", name)]
    if isinstance(value, torch.optim.Optimizer):
        return []
    return [
        Link(f"{name}.{key}", part, "plain", key)
        for key, part in list(attributes(value).items())
        if isinstance(part, torch.nn.Module)
    ]


def _way(root: Link, tensor: torch.Tensor) -> list[Link] | None:
    waiting, seen = deque([[root]]), set()
    while waiting:
        way = waiting.popleft()
        value = way[-1].value
        if value is tensor:
            return way
        if id(value) in seen or not isinstance(value, (torch.nn.Module, list, tuple, dict)):
            continue
        seen.add(id(value))
        for part, each, kind, key in parts_of(value):
            waiting.append([*way, Link(way[-1].path + part, each, kind, key)])
    return None
