"""The loss over the steps: grown beyond all bounds, no number any more, at that of a guess, or moved by nothing."""

from __future__ import annotations

import math
from types import FrameType
from typing import Any

import torch

from diagnostics.training.labels.calls import LossCall, unseen
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place, place_at
from diagnostics.training.silent.training import parameters_of

EACH = 64
"""Calls of losses that are looked at for their classes."""

MEASURED_AT = (10, 30, 50)
"""Steps of an optimizer of which the size is measured."""

FAR = 1000.0
"""A loss has diverged where it is so many times that of the start, and at least so great."""

IN_A_ROW = 3
ENOUGH = 50
"""Steps before the loss is said to be flat."""

NEAR = 0.02
"""Around ln C, as a part of it."""

STILL = 1e-6
"""A step that changes the weights by less, as a part of their size, is nearly lost in float32."""

FLAT = 0.9
"""A loss that has not fallen below so much of the first."""


class _Losses:
    """Of one line that calls backward."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[float] = []
        self.last: list[float] = []
        self.least, self.most = math.inf, -math.inf
        self.far = self.nothing = 0
        self.told = False

    def add(self, value: float) -> None:
        if len(self.first) < IN_A_ROW:
            self.first.append(value)
        self.last = [*self.last, value][-5:]
        self.least, self.most = min(self.least, value), max(self.most, value)


class Progress(Rule):
    """loss-diverges, loss-not-finite, flat-at-chance, learning-rate-too-low."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._losses: dict[Place, _Losses] = {}
        self._classes: dict[Place, int] = {}
        self._calls = 0
        self._place = Place("", 0)
        self._last_loss: tuple[int, Place] | None = None
        self._moves: list[float] = []
        self._before: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._rates = ""

    def loss(self, call: LossCall, frame: FrameType) -> None:
        if self._calls > EACH:
            self.rest("loss")
        self._calls += 1
        if call.name != "cross_entropy" or not call.grad or call.input.dim() < 2:
            return
        plain = call.options.get("weight") is None and not call.options.get("label_smoothing")
        self._last_loss = (int(call.input.shape[1]) if plain else 0, place_at(frame))

    def progressed(self, tensor: torch.Tensor | None, place: Place) -> None:
        if tensor is None or tensor.numel() != 1:
            return
        losses = self._losses.get(place)
        if losses is None:
            losses = self._losses[place] = _Losses()
        losses.count += 1
        self._place = place
        if losses.told:
            return
        with unseen():
            value = float(tensor.detach())
        if self.training.scaler is not None:
            value /= self.training.scaler.get_scale()
        self._judge(losses, value, place)
        if self._last_loss is not None and losses.count <= EACH:
            self._classes[place] = (
                self._last_loss[0] if losses.count == 1 else min(self._classes.get(place, 0), self._last_loss[0])
            )

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        if self.training.steps_of(optimizer) in MEASURED_AT:
            with unseen():
                self._before = [(each, each.detach().clone()) for each in parameters_of(optimizer)[:8]]
            self._rates = ", ".join(f"{float(group.get('lr', 0)):.3g}" for group in optimizer.param_groups[:4])

    def stepped(self, optimizer: torch.optim.Optimizer, place: Place, frame: object) -> None:
        if self.training.all_beyond(MEASURED_AT[-1]):
            self.rest("stepping", "stepped")
        if self._before:
            with unseen():
                moved = math.sqrt(sum(float((each.detach() - old).norm()) ** 2 for each, old in self._before))
                size = math.sqrt(sum(float(old.norm()) ** 2 for _, old in self._before))
            self._before = []
            self._moves.append(moved / size if size else 1.0)

    def ended(self) -> None:
        for place, losses in self._losses.items():
            if losses.count < ENOUGH or losses.told or not losses.first:
                continue
            seen = f"{losses.count} losses from {losses.least:.4g} to {losses.most:.4g}, the last {losses.last[-1]:.4g}"
            classes = self._classes.get(place, 0)
            chance = math.log(max(classes, 1))
            if self._stands_still() and losses.last[-1] > FLAT * losses.first[0]:
                moved = f"{max(self._moves):.1g}"
                self.tell(
                    "learning-rate-too-low",
                    place,
                    seen,
                    f"learning rate {self._rates}; a step moved the weights by at most {moved} of their size",
                    ratio=moved,
                    steps=str(ENOUGH),
                )
            elif classes > 1 and all(abs(value - chance) < NEAR * chance for value in (losses.least, losses.most)):
                self.tell("flat-at-chance", place, seen, classes=str(classes), chance=f"{chance:.3f}")

    def _stands_still(self) -> bool:
        """Whether all steps that were measured were as good as none, and yet some."""
        return len(self._moves) > 1 and 0 < max(self._moves) < STILL

    def _judge(self, losses: _Losses, value: float, place: Place) -> None:
        if not math.isfinite(value):
            losses.nothing += 1
            if losses.nothing >= IN_A_ROW and losses.first:
                losses.told = True
                step = self.training.backwards - IN_A_ROW + 1
                self.tell(
                    "loss-not-finite",
                    place,
                    f"{IN_A_ROW} losses in a row are {value}; the last that was a number: {losses.last[-1]:.4g}",
                    self._rate(),
                    last=str(value),
                    step=str(step),
                )
            return
        losses.nothing = 0
        losses.add(value)
        losses.far = losses.far + 1 if value > FAR * max(1.0, abs(losses.first[0])) else 0
        if losses.far >= IN_A_ROW:
            losses.told = True
            self.tell(
                "loss-diverges",
                place,
                f"loss {losses.first[0]:.4g} at the first backward(), {value:.4g} at number {self.training.backwards}",
                self._rate(),
                first=f"{losses.first[0]:.4g}",
                last=f"{value:.4g}",
                steps=str(self.training.backwards),
            )

    def _rate(self) -> str:
        rates = {
            f"{float(group.get('lr', 0)):.3g}" for each in self.training.optimizers() for group in each.param_groups
        }
        return "learning rate " + ", ".join(sorted(rates)[:4])
