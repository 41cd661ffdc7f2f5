"""Gradients on their way from backward to the step: clipped too late or while scaled, gone to 0 in float16."""

from __future__ import annotations

import weakref
from types import FrameType
from typing import Any

import torch

from diagnostics.training.labels.calls import LossCall, unseen
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place
from diagnostics.training.silent.training import parameters_of

IN_A_ROW = 3
LOOKED_AT = 8
"""First steps of an optimizer at which gradients in float16 are looked at."""

MOST = 64
"""Steps after which clipping is believed, and parameters that are compared."""

NEARLY_ALL = 0.5
"""Of the weights' gradients that are 0, where none of them can be a dead unit's alone."""

LEAST_NORMAL = 2.0**-14
"""The smallest number that float16 keeps in full precision."""


class Gradients(Rule):
    """clip-after-step, clip-before-unscale, half-gradients-zero, scheduler-before-step."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._unscaled_at: weakref.WeakKeyDictionary[torch.optim.Optimizer, int] = weakref.WeakKeyDictionary()
        self._late = self._scaled = self._zero = 0
        self._half = False
        self._opened: weakref.WeakSet[torch.optim.Optimizer] = weakref.WeakSet()

    def loss(self, call: LossCall, frame: FrameType) -> None:
        if call.grad and self.training.steps < LOOKED_AT:
            half = call.input.dtype == torch.float16
            self._half = half or (torch.is_autocast_enabled() and torch.get_autocast_gpu_dtype() == torch.float16)

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        if self.training.scaler is None and self.training.steps_of(optimizer) < LOOKED_AT:
            with unseen():
                self._zeros(optimizer, place)
        if self.training.all_beyond(LOOKED_AT):
            self.rest("stepping", "loss")

    def unscaled(self, optimizer: torch.optim.Optimizer) -> None:
        self._unscaled_at[optimizer] = self.training.backwards

    def clipped(self, parameters: list[torch.Tensor], limit: float, place: Place) -> None:
        wanted = {id(each) for each in parameters[:MOST]}
        for optimizer in self.training.optimizers():
            if not any(id(each) in wanted for each in parameters_of(optimizer)):
                continue
            late = self.training.has_stepped_since_backward(optimizer)
            self._late = self._late + 1 if late else 0
            if self._late == IN_A_ROW:
                self._tell_late(place, limit)
            if not late and self.training.scaler is not None:
                self._clipped_scaled(optimizer, place, limit)
            break
        if self.training.all_beyond(MOST):
            self.rest("clipped", "unscaled")

    def scheduled(self, optimizer: torch.optim.Optimizer, place: Place) -> None:
        if optimizer in self._opened or self.training.scaler is not None:
            return
        self._opened.add(optimizer)
        if self.training.steps_of(optimizer) == 0 and self.training.backwards:
            self.tell(
                "scheduler-before-step",
                place,
                f"the scheduler stepped after {self.training.backwards} backward() and 0 steps of the optimizer",
                optimizer="optimizer",
            )

    def _tell_late(self, place: Place, limit: float) -> None:
        self.tell(
            "clip-after-step",
            place,
            f"{IN_A_ROW} times in a row the optimizer had stepped since backward()",
            f"limit {limit:g}",
        )

    def _clipped_scaled(self, optimizer: torch.optim.Optimizer, place: Place, limit: float) -> None:
        scale = float(self.training.scaler.get_scale())
        unscaled = self._unscaled_at.get(optimizer) == self.training.backwards
        self._scaled = 0 if unscaled or scale <= 1.0 else self._scaled + 1
        if self._scaled == IN_A_ROW:
            self.tell(
                "clip-before-unscale",
                place,
                f"limit {limit:g}, scale {scale:g}: true gradients are cut to a norm of {limit / scale:.3g}",
                f"{IN_A_ROW} times in a row, without unscale_ since backward()",
                scale=f"{scale:g}",
                optimizer="optimizer",
            )

    def _zeros(self, optimizer: torch.optim.Optimizer, place: Place) -> None:
        weights = [each for each in parameters_of(optimizer) if each.dim() > 1 and each.numel()]
        inside = weights if self._half else [each for each in weights if each.dtype == torch.float16]
        gradients = [each.grad for each in inside if each.grad is not None and not each.grad.is_sparse]
        count = sum(each.numel() for each in gradients)
        zeros = count - sum(int(each.count_nonzero()) for each in gradients)
        dead = [each for each in gradients if not each.any()]
        # Beside gradients of an ordinary size a weight without any may have dead units.
        small = zeros > NEARLY_ALL * count or all(float(each.abs().max()) < LEAST_NORMAL for each in gradients)
        self._zero = self._zero + 1 if dead and small else 0
        if self._zero == IN_A_ROW:
            self.tell(
                "half-gradients-zero",
                place,
                f"{zeros} of {count} elements, and all of {len(dead)} of {len(gradients)} weights, "
                f"{IN_A_ROW} steps in a row",
                "no GradScaler scales the loss",
                zeros=str(zeros),
                all=str(count),
            )
