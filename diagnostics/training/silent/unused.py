"""Parameters that an optimizer holds and no backward() has ever reached: all of them, or a part that nothing uses."""

from __future__ import annotations

import ast
import sys
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from diagnostics.training.naming import is_user
from diagnostics.training.naming.source import text_of, tree_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import NOWHERE, Place
from diagnostics.training.silent.training import parameters_of

NONE_IN = 10
"""Steps, each after a backward(), in which no tensor of an optimizer had a gradient."""

ENOUGH = 20
"""Such steps after which a part is looked for that had none; it is then watched to the end."""

SUPPLIED = (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict, torch.nn.ParameterList)
"""Their members are reached by number or key: one that is not reached may be an expert that was never chosen."""

THROUGH_ALL = ("children", "named_children", "modules", "named_modules")
"""A model that goes through its children uses them without a name."""


class Part(NamedTuple):
    """An attribute of a module of the reader's, which is given a value and read nowhere in its file."""

    place: Place
    name: str
    owner: str
    tensors: frozenset[int]


class _Of:
    """What is known of one optimizer."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        trainable = [each for each in parameters_of(optimizer) if each.requires_grad]
        self.never = {id(each): weakref.ref(each) for each in trainable}
        """Those that have never had a gradient."""
        self.all = len(self.never)
        self.fed = self.backwards = 0
        self.done = not self.all
        self.parts: list[Part] = []

    def look(self) -> None:
        """Counts out what has a gradient now, and what is gone."""
        for key, reference in list(self.never.items()):
            tensor = reference()
            if tensor is None or tensor.grad is not None:
                del self.never[key]
        self.done = self.done or not self.never


class Unused(Rule):
    """part-never-used, loss-without-graph."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._of: weakref.WeakKeyDictionary[torch.optim.Optimizer, _Of] = weakref.WeakKeyDictionary()
        self._with_parts: list[_Of] = []
        """Kept to the end, when their optimizers may be gone."""

    def filled(self, tensor: torch.Tensor | None, place: Place) -> None:
        for known in self._of.values():
            if not known.done:
                known.look()
                if known.fed >= NONE_IN and len(known.never) == known.all:
                    self._tell_none(known, place)

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        known = self._of.get(optimizer)
        if known is None:
            known = self._of[optimizer] = _Of(optimizer)
        if not known.done:
            known.look()
            known.done = known.done or closure
            if self.training.backwards != known.backwards:
                known.fed, known.backwards = known.fed + 1, self.training.backwards
            if known.fed == ENOUGH and not known.done:
                self._search(known)
        if all(each.done for each in self._of.values()):
            self.rest("filled", "stepping")

    def ended(self) -> None:
        for known in self._with_parts:
            for part in known.parts:
                if part.tensors <= known.never.keys():
                    self.tell(
                        "part-never-used",
                        part.place,
                        f"{len(part.tensors)} tensors of it are in the optimizer, and none had a gradient in "
                        f"{known.fed} steps",
                        f"self.{part.name} of {part.owner} is read nowhere",
                        name=f"self.{part.name}",
                        attribute=part.name,
                    )

    def _tell_none(self, known: _Of, place: Place) -> None:
        """Where the gradients went to nothing else that is trained: no optimizer, and no layer that ran, has any."""
        known.done = True
        modules = self.training.modules()
        others = any(each.all > len(each.never) for each in self._of.values())
        elsewhere = any(each.grad is not None for module in modules for each in module.parameters())
        if not others and not elsewhere and modules:
            self.tell(
                "loss-without-graph",
                place,
                f"{known.fed} steps, each after a backward(), and none of the {known.all} tensors that the optimizer "
                "holds has had a gradient",
            )

    def _search(self, known: _Of) -> None:
        """Watches on only what is part of a module that ran, and is sure to be used nowhere."""
        parts = [part for module in self.training.modules() for part in _parts(module, known.never.keys())]
        known.parts = [one for one in parts if not any(one.tensors < other.tensors for other in parts)]
        watched = {key for part in parts for key in part.tensors}
        known.never = {key: tensor for key, tensor in known.never.items() if key in watched}
        known.done = not known.never
        if known.parts:
            self._with_parts.append(known)


def _parts(module: torch.nn.Module, never: Any) -> Iterator[Part]:
    """Its attributes that have only such tensors, and that nothing reads."""
    code = getattr(type(module).forward, "__code__", None)
    if code is None or isinstance(module, SUPPLIED) or not is_user(code.co_filename):
        return
    parameters = ((name, (each,)) for name, each in module.named_parameters(recurse=False))
    modules = ((name, tuple(each.parameters())) for name, each in module.named_children())
    for name, tensors in (*parameters, *modules):
        trainable = frozenset(id(each) for each in tensors if each.requires_grad)
        if trainable and trainable <= never:
            place = _only_assigned(code.co_filename, type(module).__name__, name)
            if place.line:
                yield Part(place, name, type(module).__name__, trainable)


def _only_assigned(file: str, owner: str, name: str) -> Place:
    """The line of the class that assigns the attribute, where nothing in the reader's files reads one of that name."""
    if any(_reads(each, name) for each in {file, *_files()}):
        return NOWHERE
    tree = tree_of(file)
    for scope in ast.walk(tree) if tree else ():
        if isinstance(scope, ast.ClassDef) and scope.name == owner:
            for node in ast.walk(scope):
                if isinstance(node, ast.Attribute) and node.attr == name:
                    return Place(file, node.lineno)
    return NOWHERE


def _reads(file: str, name: str) -> bool:
    """Whether it reads an attribute of the name, or may without naming it."""
    text = text_of(file)
    if any(word in text for word in ("getattr(", "_modules", f'"{name}"', f"'{name}'")):
        return True
    attributes = [node for node in ast.walk(tree_of(file) or ast.Module([], [])) if isinstance(node, ast.Attribute)]
    return any(
        node.attr in THROUGH_ALL or (node.attr == name and not isinstance(node.ctx, ast.Store)) for node in attributes
    )


def _files() -> list[str]:
    """Of the reader's modules that are loaded."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return [file for file in files if isinstance(file, str) and is_user(file)]
