"""train() and eval(): a model that trains in the one, or is evaluated in the other."""

from __future__ import annotations

import os
import weakref
from types import FrameType
from typing import Any

import torch
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from diagnostics.training.labels.calls import LossCall
from diagnostics.training.naming import is_user
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import NOWHERE, Place, place_at

IN_A_ROW = 3
"""So many steps in eval mode, or so many batches evaluated in train mode."""

_TORCHS = os.path.join(os.path.dirname(torch.__file__), "")


class Modes(Rule):
    """training-in-eval, evaluating-in-train, functional-dropout."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._roots: list[weakref.ref[torch.nn.Module]] = []
        self._trained: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        self._has_trained: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        """Models that were in train mode at a step."""
        self._in_eval = 0
        self._pass = _Pass()
        self._meant: set[Place] = set()
        """Lines that pass the same batch again, as MC dropout does."""

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        if self._pass.drops:
            self._pass = _Pass()
        for reference in self._roots:
            root = reference()
            if root is None:
                continue
            if root.training:
                self._has_trained.add(root)
                self._in_eval = 0
            else:
                self._in_eval += 1
                if self._in_eval == IN_A_ROW:
                    self._tell_training(root, place)

    def stepped(self, optimizer: torch.optim.Optimizer, place: Place, frame: object) -> None:
        if self.training.steps_of(optimizer) <= 2:
            for root in self.training.roots():
                if root in self._trained or not any(each.grad is not None for each in root.parameters()):
                    continue
                self._trained.add(root)
                if _with_modes(root):
                    self._roots.append(weakref.ref(root))
                    if root.training:
                        self._has_trained.add(root)

    def without_graph(self, name: str, frame: FrameType) -> None:
        seen = _outermost(frame)
        if seen is None or seen.root not in self._trained or seen.in_library:
            return
        functional = is_user(_caller(frame).f_code.co_filename)
        if functional == seen.root.training and not (functional is False and seen.root.training):
            return  # F.dropout in a model in train mode, or a layer that alone was put into train mode
        if seen.given == self._pass.given and self._pass.drops:
            if seen.visit != self._pass.visit:
                self._meant.add(seen.place)
            return
        self._pass.meet(seen, name, place_at(_caller(frame)) if functional else NOWHERE)

    def measured(self, tensor: torch.Tensor, dim: Any, frame: FrameType) -> None:
        if self._pass.drops and not torch.is_grad_enabled():
            self._measure()

    def loss(self, call: LossCall, frame: FrameType) -> None:
        if self._pass.drops and not torch.is_grad_enabled():
            self._measure()

    def _measure(self) -> None:
        """What a batch gave in a pass without gradients was measured: that is an evaluation."""
        seen = self._pass
        seen.measured.add(seen.given)
        if len(seen.measured) < IN_A_ROW or seen.place in self._meant:
            return
        batches = f"{len(seen.measured)} batches were passed without gradients and measured, and no step came between"
        if seen.functional.line:
            self.tell("functional-dropout", seen.functional, batches, "the model is in eval mode", function=seen.name)
        else:
            root = seen.root() if seen.root else None
            layers = _with_modes(root) if root is not None else ""
            self.tell(
                "evaluating-in-train",
                seen.place,
                batches,
                f"{type(root).__name__}.training is True",
                layers=layers or "its layers",
                model=_called(seen.place),
            )

    def _tell_training(self, root: torch.nn.Module, place: Place) -> None:
        switched = root in self._has_trained
        before = (
            "was in train mode before, and was not put back" if switched else "has not been in train mode at any step"
        )
        self.tell(
            "training-in-eval",
            place,
            f"{self._in_eval} steps in a row with {type(root).__name__}.training False; it {before}",
            status="warn" if switched else "note",
            layers=_with_modes(root),
            model="model",
        )


class _Outermost:
    """The outermost call of a module on the stack."""

    def __init__(self, root: torch.nn.Module, given: Any, place: Place, visit: int, in_library: bool) -> None:
        self.root, self.place, self.visit, self.in_library = root, place, visit, in_library
        self.given = (given.data_ptr(), tuple(given.shape), given._version) if isinstance(given, torch.Tensor) else None


class _Pass:
    """The batches that were passed without gradients since the last step."""

    def __init__(self) -> None:
        self.drops = 0
        self.root: weakref.ref[torch.nn.Module] | None = None
        self.given: Any = None
        self.visit = 0
        self.name = ""
        self.place = self.functional = NOWHERE
        self.measured: set[Any] = set()
        self._count = 0

    def meet(self, seen: _Outermost, name: str, functional: Place) -> None:
        if seen.place != self.place:
            self.measured.clear()
        self.drops += 1
        self.root, self.visit = weakref.ref(seen.root), seen.visit
        self._count += 1
        self.given = seen.given if seen.given is not None else self._count
        self.name, self.place, self.functional = name, seen.place, functional


def _outermost(frame: FrameType | None) -> _Outermost | None:
    """The module that the reader called, the batch that it was given, and from where."""
    found: FrameType | None = None
    while frame is not None:
        if isinstance(frame.f_locals.get("self"), torch.nn.Module) and frame.f_code.co_name == "forward":
            found = frame
        elif found is not None and frame.f_code.co_name == "update_bn":
            return None
        frame = frame.f_back
    if found is None:
        return None
    names = found.f_code.co_varnames[1 : found.f_code.co_argcount]
    above = found.f_back
    while above is not None and above.f_code.co_filename.startswith(_TORCHS):
        above = above.f_back
    given = found.f_locals.get(names[0]) if names else None
    library = above is not None and not is_user(above.f_code.co_filename)
    return _Outermost(found.f_locals["self"], given, place_at(found.f_back), id(found), library)


def _caller(frame: FrameType) -> FrameType:
    """Who called the function of torch.nn.functional: above our own wrapper."""
    return frame.f_back or frame


def _with_modes(root: torch.nn.Module) -> str:
    """The kinds of layers in it whose work depends on the mode, as "Dropout and BatchNorm1d"."""
    kinds = {
        type(each).__name__
        for each in root.modules()
        if (isinstance(each, _DropoutNd) and each.p > 0) or isinstance(each, _BatchNorm)
    }
    return " and ".join(sorted(kinds))


def _called(place: Place) -> str:
    """What the model is called on the line, as far as that can be told."""
    return "model" if "model(" in place.text or "(" not in place.text else "model"
