"""Steps of an optimizer that no backward() has fed: the model computed a loss, and no gradient was made of it."""

from __future__ import annotations

import ast
import inspect
import weakref
from types import FrameType
from typing import Any

import torch

from diagnostics.training.labels.calls import LossCall, unseen
from diagnostics.training.naming import is_user
from diagnostics.training.naming.source import tree_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place
from diagnostics.training.silent.training import parameters_of

IN_A_ROW = 4
"""So many first steps without a gradient, each after a pass through layers or a loss; modules are looked at no longer.

An optimizer that is stepped for its scheduler's sake, to draw the learning rates say, has no pass before it.
"""

SAMPLE = 256


class _Of:
    """What is known of one optimizer."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.steps = self.seen = 0
        self.before = [(weakref.ref(each), _sample(each).clone()) for each in parameters_of(optimizer)]

    def stand(self) -> bool:
        """Whether all tensors are as they were at the first step: nothing of the script's own moves them."""
        kept = [(reference(), before) for reference, before in self.before]
        return all(tensor is not None and torch.equal(_sample(tensor), before) for tensor, before in kept)


class Unfed(Rule):
    """missing-backward."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._of: weakref.WeakKeyDictionary[torch.optim.Optimizer, _Of] = weakref.WeakKeyDictionary()
        self._losses = 0

    def loss(self, call: LossCall, frame: FrameType) -> None:
        self._losses += call.grad

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        if self.training.backwards or self.training.all_beyond(IN_A_ROW):
            self._of.clear()
            self.rest("loss", "stepping")
            return
        if self.training.steps_of(optimizer) == 0:
            with unseen():
                self._of[optimizer] = _Of(optimizer)
        known = self._of.get(optimizer)
        if known is None:
            return
        passes = self.training.runs + self._losses
        fed = closure or passes == known.seen or _moves_itself(optimizer)
        tensors = parameters_of(optimizer)
        if fed or any(each.grad is not None for each in tensors) or not any(each.requires_grad for each in tensors):
            del self._of[optimizer]
            return
        known.seen, known.steps = passes, known.steps + 1
        if known.steps == IN_A_ROW:
            with unseen():
                stands = known.stand()
            if stands:
                self._tell(known, optimizer, place)

    def _tell(self, known: _Of, optimizer: torch.optim.Optimizer, place: Place) -> None:
        line = _not_called(place.file)
        named = (f"line {line} names backward and does not call it: the parentheses are missing",) if line else ()
        self.tell(
            "missing-backward",
            place,
            f"{known.steps} steps, and backward() was called 0 times",
            f"none of the {len(parameters_of(optimizer))} tensors that the optimizer holds has a gradient, and none "
            "has moved",
            *named,
            optimizer=place.owner("step", "optimizer"),
        )


def _moves_itself(optimizer: torch.optim.Optimizer) -> bool:
    """Whether its step() is the reader's own, which may need no gradients."""
    code = getattr(inspect.unwrap(type(optimizer).step), "__code__", None)
    return code is not None and is_user(code.co_filename)


def _not_called(file: str) -> int:
    """The line of a statement that is `loss.backward`; 0 where there is none."""
    for node in ast.walk(tree_of(file) or ast.Module([], [])):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr == "backward":
            return node.lineno
    return 0


def _sample(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().flatten()[:SAMPLE]
