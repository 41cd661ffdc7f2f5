"""train() and eval(): a model that trains in the one, or is evaluated in the other."""

from __future__ import annotations

import weakref
from types import FrameType
from typing import Any

import torch
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from diagnostics.training.labels.calls import LossCall, unseen
from diagnostics.training.naming import is_user
from diagnostics.training.silent.axes import is_compared
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import NOWHERE, Place, place_at

IN_A_ROW = 3
"""So many steps in eval mode, or so many batches evaluated in train mode."""

MOST = 512
"""Calls of such layers without gradients that are looked at."""

SAMPLE = 256
"""Elements by which a batch is known again."""


class Modes(Rule):
    """training-in-eval, evaluating-in-train, functional-dropout."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._roots: list[weakref.ref[torch.nn.Module]] = []
        self._trained: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        self._has_trained: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        """Models that were in train mode at a step."""
        self._in_eval = self._heard = 0
        self._pass = _Pass(0)
        self._evaluations: dict[Place, int] = {}
        """How many times a line dropped in one, by the line."""
        self._whole: dict[Place, _Whole] = {}
        """Evaluations in train mode, by the line of the call."""
        self._meant: set[Place] = set()
        """Lines that pass the same batch again, as MC dropout does."""

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        if not self._roots and self.training.all_beyond(2):
            self.rest("stepping")
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
        if self.training.all_beyond(2):
            self.rest("stepped")
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
        self._heard += 1
        if self._heard > MOST:
            self.rest("without_graph", "measured", "evaluated")
            self._close()
            return
        seen = _outermost(frame)
        if seen is None or seen.root not in self._trained:
            return
        functional = is_user(frame.f_code.co_filename)
        if functional == seen.root.training:
            return  # F.dropout in a model in train mode, or a layer that alone was put into train mode
        if self._pass.steps != self.training.steps:
            self._close()
        with unseen():
            again = self._pass.is_same(seen)
            if not again:
                self._pass.meet(seen, name, place_at(frame) if functional else NOWHERE)
        if again and self._pass.visit is not seen.visit:
            self._meant.add(seen.place)

    def ended(self) -> None:
        self._close()

    def measured(self, tensor: torch.Tensor, dim: Any, frame: FrameType) -> None:
        if self._pass.number and not torch.is_grad_enabled():
            self._measure()
            if self._pass.number and not self._pass.judged:
                place = place_at(frame)
                self._pass.judged = is_compared(place.file, place.line)

    def evaluated(self, call: LossCall, frame: FrameType) -> None:
        if self._pass.number:
            self._measure()
            # A loss of each sample is for choosing among them.
            if self._pass.number and call.options.get("reduction") != "none":
                self._pass.judged = True

    def _measure(self) -> None:
        """What a batch gave in a pass without gradients was measured: that is an evaluation."""
        if self._pass.steps != self.training.steps:
            self._close()
            return
        seen = self._pass
        root = seen.root() if seen.root else None
        if not seen.functional.line and root is not None and not root.training:
            return  # it is in eval mode by now: what is measured is of another pass
        seen.measured.add(seen.number)
        seen.visit = None
        if len(seen.measured) < IN_A_ROW or seen.place in self._meant:
            return
        batches = f"{len(seen.measured)} batches were passed without gradients and measured, and no step came between"
        if seen.functional.line:
            self.tell("functional-dropout", seen.functional, batches, "the model is in eval mode", function=seen.name)
        else:
            self._tell_evaluating(seen, batches)

    def _close(self) -> None:
        """An evaluation is over: one of a single batch tells as much, once there have been some."""
        seen, self._pass = self._pass, _Pass(self.training.steps)
        if not seen.measured or seen.place in self._meant:
            return
        if not seen.functional.line:
            self._close_whole(seen)
            return
        if "training=True" in seen.functional.text.replace(" ", ""):
            return  # samples of MC dropout may lie side by side in the one batch
        count = self._evaluations[seen.functional] = self._evaluations.get(seen.functional, 0) + 1
        if count == IN_A_ROW:
            self.tell(
                "functional-dropout",
                seen.functional,
                f"in {count} evaluations, with steps between them, what was passed without gradients was measured",
                "the model is in eval mode",
                function=seen.name,
            )

    def _close_whole(self, seen: _Pass) -> None:
        """What was measured at each step on other data may be for the training: labels that it makes for itself."""
        if not seen.judged or seen.repeats or seen.batch is None:
            return
        known = self._whole.setdefault(seen.place, _Whole(seen.batch))
        with unseen():
            known.same = known.same and torch.equal(known.batch, seen.batch)
        known.seldom = known.seldom and seen.steps > known.steps + 1
        known.steps, known.count = seen.steps, known.count + 1
        if known.count == IN_A_ROW and (known.same or known.seldom):
            passes = f"in {known.count} evaluations, with steps between them, what was passed without gradients was "
            self._tell_evaluating(seen, passes + "measured", status="" if known.same else "note")

    def _tell_evaluating(self, seen: _Pass, evidence: str, status: str = "") -> None:
        root = seen.root() if seen.root else None
        kinds = _with_modes(root) if root is not None else []
        self.tell(
            "evaluating-in-train",
            seen.place,
            evidence,
            f"{type(root).__name__}.training is True" if root is not None else "the model was in train mode",
            status=status,
            layers=_listed(kinds) or "its layers",
            work="works as it does" if len(kinds) == 1 else "work as they do",
            model="model",
        )

    def _tell_training(self, root: torch.nn.Module, place: Place) -> None:
        switched, kinds = root in self._has_trained, _with_modes(root)
        before = (
            "was in train mode before, and was not put back" if switched else "has not been in train mode at any step"
        )
        self.tell(
            "training-in-eval",
            place,
            f"{self._in_eval} steps in a row with {type(root).__name__}.training False; it {before}",
            status="warn" if switched else "note",
            layers=_listed(kinds),
            do_not_work="does not work as it does" if len(kinds) == 1 else "do not work as they do",
            model="model",
        )


class _Whole:
    """Evaluations of a single batch at a line: how many, whether of one and the same data, and with steps between."""

    def __init__(self, batch: torch.Tensor) -> None:
        self.batch = batch
        self.steps, self.count = -2, 0
        self.same = self.seldom = True


class _Outermost:
    """The outermost call of a module on the stack: by whom, from where, and a part of the batch that it was given."""

    def __init__(self, frame: FrameType, given: Any, place: Place) -> None:
        self.root: torch.nn.Module = frame.f_locals["self"]
        self.visit, self.place = frame, place
        while isinstance(given, (list, tuple, dict)) and given:
            given = next(iter(given.values() if isinstance(given, dict) else given))
        self.given: torch.Tensor | None = given if isinstance(given, torch.Tensor) else None


class _Pass:
    """The batches that were passed without gradients after so many steps, by their numbers."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.number = 0
        self.root: weakref.ref[torch.nn.Module] | None = None
        self.visit: FrameType | None = None
        self.name = ""
        self.place = self.functional = NOWHERE
        self.measured: set[int] = set()
        self.batch: torch.Tensor | None = None
        """A part of the batch that was passed last."""
        self.repeats = False
        """Whether rows of it are equal: samples of MC dropout side by side."""
        self.judged = False
        """Whether the result was compared with labels, or a loss was computed of it."""

    def is_same(self, seen: _Outermost) -> bool:
        """Whether this is the batch that was passed last."""
        if not self.number or seen.given is None or self.batch is None:
            return self.visit is seen.visit
        return torch.equal(self.batch, _part(seen.given))

    def meet(self, seen: _Outermost, name: str, functional: Place) -> None:
        if seen.place != self.place:
            self.measured.clear()
        self.number += 1
        self.root, self.visit = weakref.ref(seen.root), seen.visit
        self.batch = _part(seen.given).clone() if seen.given is not None else None
        self.repeats = self.repeats or (seen.given is not None and _has_equal_rows(seen.given))
        self.name, self.place, self.functional = name, seen.place, functional


def _part(batch: torch.Tensor) -> torch.Tensor:
    return batch.detach().flatten()[:SAMPLE]


def _has_equal_rows(batch: torch.Tensor) -> bool:
    return batch.dim() > 1 and int((batch == batch[:1]).flatten(1).all(1).sum()) > 1


def _outermost(frame: FrameType | None) -> _Outermost | None:
    """The module that the reader called, the batch that it was given, and from where."""
    found: FrameType | None = None
    while frame is not None:
        # Reading the variables of a frame keeps them alive while it runs: of no other than these.
        if frame.f_code.co_name == "forward" and isinstance(frame.f_locals.get("self"), torch.nn.Module):
            found = frame
        elif found is not None and frame.f_code.co_name == "update_bn":
            return None
        frame = frame.f_back
    if found is None:
        return None
    return _Outermost(found, _given(found), place_at(found.f_back))


def _given(forward: FrameType) -> Any:
    """What the module was called with: forward may have put something else into its own variable by now."""
    call = forward.f_back
    args = call.f_locals.get("args") if call is not None and call.f_code.co_name in ("_call_impl", "inner") else None
    if isinstance(args, tuple) and args:
        return args[0]
    names = forward.f_code.co_varnames[1 : forward.f_code.co_argcount]
    return forward.f_locals.get(names[0]) if names else None


def _with_modes(root: torch.nn.Module) -> list[str]:
    """The kinds of layers in it whose work depends on the mode."""
    kinds = {
        type(each).__name__
        for each in root.modules()
        if (isinstance(each, _DropoutNd) and each.p > 0) or isinstance(each, _BatchNorm)
    }
    return sorted(kinds)


def _listed(kinds: list[str]) -> str:
    """As "BatchNorm1d, Dropout and Dropout2d"."""
    return " and ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
