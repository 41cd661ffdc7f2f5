"""What a rule hears. Each is a class that keeps what it saw, and tells of a fault once it is certain."""

from __future__ import annotations

from types import FrameType
from typing import Any

import torch

from diagnostics.training.labels.calls import LossCall
from diagnostics.training.silent.tell import Place, Tell
from diagnostics.training.silent.training import Training

EVENTS = (
    "made",
    "loss",
    "evaluated",
    "progressed",
    "backward",
    "filled",
    "cleared",
    "clipped",
    "unscaled",
    "stepping",
    "stepped",
    "scheduled",
    "measured",
    "without_graph",
    "began_loader",
    "took_batch",
    "waited",
    "ended",
)


class Rule:
    """Events that it does not override are not sent to it; after one that raises it hears nothing more."""

    def __init__(self, training: Training, tell: Tell) -> None:
        self.training, self.tell = training, tell
        self.resting: set[str] = set()
        """Events that it need not hear until another optimizer is made."""

    def rest(self, *events: str) -> None:
        """Hears no more of these, until another optimizer is made: each event costs a step a little."""
        self.resting.update(events)

    def made(self, optimizer: torch.optim.Optimizer, place: Place) -> None:
        """An optimizer was made there."""

    def loss(self, call: LossCall, frame: FrameType) -> None:
        """A loss of torch.nn.functional is about to be computed, with gradients on."""

    def evaluated(self, call: LossCall, frame: FrameType) -> None:
        """The same without gradients."""

    def progressed(self, tensor: torch.Tensor, place: Place) -> None:
        """backward() is about to run: of the first ones all, and then a part."""

    def backward(self, tensor: torch.Tensor | None, place: Place) -> None:
        """backward() is about to run."""

    def filled(self, tensor: torch.Tensor | None, place: Place) -> None:
        """backward() has run."""

    def cleared(self, place: Place) -> None:
        """zero_grad() of an optimizer or a module has run."""

    def clipped(self, parameters: list[torch.Tensor], limit: float, place: Place) -> None:
        """Gradients were clipped to a limit that is finite."""

    def unscaled(self, optimizer: torch.optim.Optimizer) -> None:
        """GradScaler.unscale_ has run."""

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        """step() is about to run, with a closure or without."""

    def stepped(self, optimizer: torch.optim.Optimizer, place: Place, frame: FrameType | None) -> None:
        """step() has run; `frame` is the reader's."""

    def scheduled(self, optimizer: torch.optim.Optimizer, place: Place) -> None:
        """A scheduler of this optimizer was stepped by the reader."""

    def measured(self, tensor: torch.Tensor, dim: Any, frame: FrameType) -> None:
        """argmax or max was taken, along `dim` or over all."""

    def without_graph(self, name: str, frame: FrameType) -> None:
        """A dropout or a normalization of the training kind is about to run without gradients."""

    def began_loader(self, loader: Any, place: Place) -> None:
        """A loop over a loader begins."""

    def took_batch(self, loader: Any, batch: Any) -> None:
        """The loader has given one more batch; no loader where it is not known."""

    def waited(self, name: str, place: Place) -> None:
        """A value was asked of a GPU, which the script waits for: item, cpu, tolist, numpy."""

    def ended(self) -> None:
        """The script has ended, or the watch."""
