"""What gets gradients and is in no optimizer: layers in a plain list, plain tensors, a model that was replaced."""

from __future__ import annotations

import ast
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from diagnostics.training.naming.lookup import attributes
from diagnostics.training.naming.source import tree_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import NOWHERE, Place
from diagnostics.training.silent.training import parameters_of

JUDGED_AT = 3
"""The step of an optimizer before which it is judged: by then the others of a script have been made."""

CONTAINERS = (list, tuple, dict, deque)


class Stray(NamedTuple):
    """A tensor with a gradient that no optimizer holds, and the module whose own it is."""

    owner: torch.nn.Module
    name: str
    tensor: torch.Tensor


class Held(Rule):
    """layers-in-plain-list, tensor-not-parameter, stale-optimizer, parameters-in-no-optimizer."""

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        if self.training.all_beyond(JUDGED_AT):
            self.rest("stepping")
        if self.training.steps_of(optimizer) != JUDGED_AT - 1:
            return
        held = {id(each) for other in self.training.optimizers() for each in parameters_of(other)}
        modules = self.training.modules()
        strays = [each for module in modules for each in _strays(module, held)]
        strays = [each for each in strays if not self.training.was_held(each.tensor)]
        strays = self._plain(self._in_containers(strays, modules, held), place)
        if strays:
            made = self.training.made_at(optimizer)
            self._others(strays, modules, optimizer, made if made.line else place, place)

    def _in_containers(self, strays: list[Stray], modules: list[torch.nn.Module], held: set[int]) -> list[Stray]:
        """Tells of those that lie in a plain list or dict of a module; the rest."""
        for module in modules:
            for name, value in list(attributes(module).items()):
                if name.startswith("_") or not isinstance(value, CONTAINERS):
                    continue
                inside = {id(each) for each in _under(value)}
                mine = [each for each in strays if id(each.tensor) in inside]
                loose = [each for each in _under(value) if id(each) not in held and each.grad is not None]
                if loose and (mine or any(isinstance(each, torch.nn.Parameter) for each in loose)):
                    self._tell_container(module, name, value, len(loose))
                    strays = [each for each in strays if id(each.tensor) not in inside]
        return strays

    def _tell_container(self, module: torch.nn.Module, name: str, value: Any, count: int) -> None:
        keyed = isinstance(value, dict)
        parts = value.values() if keyed else value
        kind = "Module" if any(isinstance(each, torch.nn.Module) for each in parts) else "Parameter"
        self.tell(
            "layers-in-plain-list",
            _assigned(module, name),
            f"{len(value)} items in self.{name} of {type(module).__name__}; {count} tensors there get gradients, "
            "and no optimizer holds them",
            name=f"self.{name}",
            container="dict" if keyed else type(value).__name__,
            right=kind + ("Dict" if keyed else "List"),
            count=str(count),
        )

    def _plain(self, strays: list[Stray], place: Place) -> list[Stray]:
        """Tells of tensors that are no parameters; the rest."""
        for owner, name, tensor in strays:
            if not isinstance(tensor, torch.nn.Parameter):
                where = _assigned(owner, name)
                self.tell(
                    "tensor-not-parameter",
                    where if where.line else place,
                    f"self.{name} of {type(owner).__name__}: shape {tuple(tensor.shape)}, requires_grad, norm of its "
                    f"gradient {float(_gradient(tensor).norm()):.3g}, in no optimizer",
                    name=f"self.{name}",
                    attribute=name,
                )
        return [each for each in strays if isinstance(each.tensor, torch.nn.Parameter)]

    def _others(
        self,
        strays: list[Stray],
        modules: list[torch.nn.Module],
        optimizer: torch.optim.Optimizer,
        made: Place,
        place: Place,
    ) -> None:
        own = {id(each) for module in modules for each in module.parameters(recurse=False)}
        holds = parameters_of(optimizer)
        name = place.owner("step", "optimizer")
        unused = [each for each in holds if each.requires_grad and each.grad is None and id(each) not in own]
        shapes = Counter(tuple(each.tensor.shape) for each in strays)
        replaced = [each for each in unused if shapes[tuple(each.shape)] or len(unused) < len(holds)]
        if replaced:
            self.tell(
                "stale-optimizer",
                made,
                f"{len(unused)} of {len(holds)} tensors in it belong to no layer that ran, and have no gradient",
                f"{len(strays)} tensors of the model get gradients and are in no optimizer: {_named(strays, modules)}",
                optimizer=name,
            )
        elif any(id(each) in own for each in holds):
            self._tell_left_out(strays, modules, holds, made, name)

    def _tell_left_out(
        self,
        strays: list[Stray],
        modules: list[torch.nn.Module],
        holds: list[torch.Tensor],
        made: Place,
        name: str,
    ) -> None:
        """A part that comes last was forgotten; one that comes first may be meant to stay as it is."""
        strays = [each for each in strays if each.owner.training]  # a teacher in eval mode is used as it is
        if not strays:
            return
        owners = [module for module in modules if any(True for _ in module.parameters(recurse=False))]
        last = owners[-1]
        forgotten = any(each.owner is last for each in strays)
        path = _path(strays[0].owner, self.training.roots())
        self.tell(
            "parameters-in-no-optimizer",
            made,
            f"{len(strays)} tensors get gradients and are in no optimizer: {_named(strays, modules)}",
            f"{name} holds {len(holds)} others",
            status="warn" if forgotten else "note",
            name=path if path and not path.isdigit() else type(strays[0].owner).__name__,
            optimizer=name,
        )


def _strays(module: torch.nn.Module, held: set[int]) -> Iterator[Stray]:
    own = attributes(module)
    for name, value in [*own.get("_parameters", {}).items(), *own.items()]:
        if isinstance(value, torch.Tensor) and value.is_leaf and value.grad is not None and id(value) not in held:
            yield Stray(module, name, value)


def _under(container: Any) -> list[torch.Tensor]:
    """The parameters in a container, those of its modules and of containers inside it."""
    found: list[torch.Tensor] = []
    for each in list(container.values() if isinstance(container, dict) else container):
        if isinstance(each, torch.nn.Module):
            found += each.parameters()
        elif isinstance(each, torch.Tensor):
            found += [each] if each.requires_grad and each.is_leaf else []
        elif isinstance(each, CONTAINERS):
            found += _under(each)
    return found


def _gradient(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.grad.detach().float() if tensor.grad is not None else torch.zeros(())


def _path(module: torch.nn.Module, roots: list[torch.nn.Module]) -> str:
    named = (pair for root in roots for pair in root.named_modules())
    return next((str(name) for name, part in named if part is module), "")


def _named(strays: list[Stray], modules: list[torch.nn.Module]) -> str:
    """Some of their names."""
    names = []
    for owner, name, tensor in strays[:4]:
        path = next((_path(owner, [module]) for module in modules if _path(owner, [module])), "")
        names.append(f"{path + '.' if path else ''}{name} {tuple(tensor.shape)}")
    return ", ".join(names) + (" ..." if len(strays) > len(names) else "")


def _assigned(module: torch.nn.Module, name: str) -> Place:
    """The line of the class that gives the attribute its value."""
    code = getattr(type(module).forward, "__code__", None)
    tree = tree_of(code.co_filename) if code is not None else None
    for kind in ast.walk(tree) if tree else ():
        if isinstance(kind, ast.ClassDef) and kind.name == type(module).__name__:
            for node in ast.walk(kind):
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                if any(isinstance(each, ast.Attribute) and each.attr == name for each in targets):
                    return Place(code.co_filename, node.lineno)  # type: ignore[union-attr, attr-defined]
    return NOWHERE
