"""Parameters that are in an optimizer and never move: no learning rate, no gradient, an update that rounds away."""

from __future__ import annotations

import weakref
from typing import Any

import torch

from diagnostics.training.labels.calls import unseen
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place
from diagnostics.training.silent.training import parameters_of

LOOKED_AT = 3
"""So many first steps are compared."""

ALL = 5
"""Steps without any gradient after which a parameter is counted out."""

MOST = 24
SAMPLE = 256
"""Of so many parameters, so many elements each."""

SELDOM = 16
"""The learning rate is read at the first steps, and then at one of so many."""


class _Of:
    """What is known of one optimizer."""

    def __init__(self) -> None:
        self.place = Place("", 0)
        self.steps = 0
        self.highest = 0.0
        self.before: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.stood = 0
        self.without: set[int] | None = None


class Moving(Rule):
    """learning-rate-zero, update-rounds-away, gradient-cut."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._of: weakref.WeakKeyDictionary[torch.optim.Optimizer, _Of] = weakref.WeakKeyDictionary()
        self._all: list[_Of] = []

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        known = self._of.get(optimizer)
        if known is None:
            known = self._of[optimizer] = _Of()
            self._all = [each for each in self._all if not each.highest] + [known]
        known.steps += 1
        if known.steps > ALL + 1 and known.steps % SELDOM:
            return
        if known.steps > ALL and self.training.all_beyond(ALL) and all(each.highest for each in self._of.values()):
            self.rest("stepping", "stepped")
        known.place = place
        known.highest = max([known.highest, *(abs(float(group.get("lr", 1.0))) for group in optimizer.param_groups)])
        if known.steps <= ALL and not closure:
            with unseen():
                if known.steps <= LOOKED_AT:
                    known.before = _samples(optimizer)
                self._without_gradient(known, optimizer, place)

    def stepped(self, optimizer: torch.optim.Optimizer, place: Place, frame: object) -> None:
        known = self._of.get(optimizer)
        if known is None or not known.before:
            return
        with unseen():
            same = all(torch.equal(_sample(tensor), before) for tensor, before in known.before)
        kinds = {tensor.dtype for tensor, _ in known.before}
        known.before = []
        known.stood = known.stood + 1 if same and all(group.get("lr", 0) for group in optimizer.param_groups) else 0
        if known.stood == LOOKED_AT:
            rates = ", ".join(f"{float(group['lr']):.3g}" for group in optimizer.param_groups[:4])
            self.tell(
                "update-rounds-away",
                place,
                f"{LOOKED_AT} steps with gradients above 0 left every weight that was looked at as it was, to the bit",
                f"learning rate {rates}",
                dtype=" and ".join(sorted(str(kind).replace("torch.", "") for kind in kinds)),
                optimizer=place.owner("step", "optimizer"),
            )

    def ended(self) -> None:
        for known in self._all:
            if known.steps >= LOOKED_AT and known.highest == 0.0:
                self.tell(
                    "learning-rate-zero",
                    known.place,
                    f"{known.steps} steps, and the highest learning rate was 0",
                    steps=str(known.steps),
                    optimizer=known.place.owner("step", "optimizer"),
                )

    def _without_gradient(self, known: _Of, optimizer: torch.optim.Optimizer, place: Place) -> None:
        """Tells of layers that ran before all that got gradients, and never got one themselves."""
        none = {id(each) for each in parameters_of(optimizer) if each.requires_grad and each.grad is None}
        known.without = none if known.without is None else known.without & none
        if known.steps < ALL or not known.without:
            return
        first: torch.nn.Module | None = None
        cut: list[torch.Tensor] = []
        layers: list[torch.nn.Module] = []
        for module in self.training.modules():
            own = [each for each in module.parameters(recurse=False) if each.requires_grad]
            if any(each.grad is not None for each in own):
                first = module
                break
            # When a module uses its own parameters is not known, where others run within it.
            if own and all(id(each) in known.without for each in own) and not any(True for _ in module.children()):
                cut += own
                layers.append(module)
        if first is None or not cut:
            return
        names = {id(part): name for root in self.training.roots() for name, part in root.named_modules()}
        last = names.get(id(layers[-1])) or type(layers[-1]).__name__
        self.tell(
            "gradient-cut",
            place,
            f"after {ALL} steps {len(cut)} tensors have never had a gradient: those of "
            + ", ".join(f"`{names.get(id(each)) or type(each).__name__}`" for each in layers[:4]),
            f"the first layer with gradients is `{names.get(id(first)) or type(first).__name__}`",
            count=str(len(cut)),
            layer=f"`{last}`",
        )


def _samples(optimizer: torch.optim.Optimizer) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Parameters whose sampled gradients are not 0, and the values there."""
    found = []
    for parameter in parameters_of(optimizer)[:MOST]:
        gradient = parameter.grad
        if gradient is not None and not gradient.is_sparse and bool(_sample(gradient).any()):
            found.append((parameter, _sample(parameter).clone()))
    return found


def _sample(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().reshape(-1)[:SAMPLE] if tensor.is_contiguous() else tensor.detach().flatten()[:SAMPLE]
