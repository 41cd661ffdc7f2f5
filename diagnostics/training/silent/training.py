"""What all rules know of a training: its optimizers, how often each has stepped, and which modules ran."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import torch

from diagnostics.training.silent.tell import NOWHERE, Place

LOOKS = 4
"""Which modules run is looked at until an optimizer has made so many steps: each call of a module costs a little."""


class Training:
    """Optimizers by weak references: nothing of the script is kept alive."""

    def __init__(self) -> None:
        self.steps = 0
        """Of all optimizers together."""
        self.backwards = 0
        self.runs = 0
        """Calls of modules with gradients on, while it is looked at which run."""
        self.scaler: Any = None
        """The GradScaler that has scaled a loss."""
        self._optimizers: dict[int, weakref.ref[torch.optim.Optimizer]] = {}
        self._steps: weakref.WeakKeyDictionary[torch.optim.Optimizer, int] = weakref.WeakKeyDictionary()
        self._stepped_at: weakref.WeakKeyDictionary[torch.optim.Optimizer, int] = weakref.WeakKeyDictionary()
        self._made: weakref.WeakKeyDictionary[torch.optim.Optimizer, Place] = weakref.WeakKeyDictionary()
        self._held: dict[int, weakref.ref[torch.Tensor]] = {}
        self._ran: dict[int, weakref.ref[torch.nn.Module]] = {}

    def meet(self, optimizer: torch.optim.Optimizer, place: Place = NOWHERE) -> bool:
        """Takes notice of an optimizer; says whether it is a new one."""
        if self.knows(optimizer):
            return False
        self._optimizers[id(optimizer)] = weakref.ref(optimizer)
        self._steps[optimizer], self._made[optimizer] = 0, place
        self._ran.clear()  # what ran before belongs to another training
        for parameter in parameters_of(optimizer):
            self._held[id(parameter)] = weakref.ref(parameter)
        return True

    def knows(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether notice was taken of it."""
        return optimizer in self._steps

    def count(self, optimizer: torch.optim.Optimizer) -> None:
        """One more step of it."""
        self.steps += 1
        self._steps[optimizer] += 1
        self._stepped_at[optimizer] = self.backwards

    def steps_of(self, optimizer: torch.optim.Optimizer) -> int:
        """How many it has made."""
        return self._steps.get(optimizer, 0)

    def has_stepped_since_backward(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether its last step came after the last backward()."""
        return self._stepped_at.get(optimizer) == self.backwards

    def all_beyond(self, steps: int) -> bool:
        """Whether every optimizer has made more steps than that."""
        return all(self.steps_of(each) > steps for each in self.optimizers())

    def made_at(self, optimizer: torch.optim.Optimizer) -> Place:
        """Where it was made; NOWHERE where that was not seen."""
        return self._made.get(optimizer, NOWHERE)

    def was_held(self, tensor: torch.Tensor) -> bool:
        """Whether an optimizer has been made with it, which may be gone by now."""
        held = self._held.get(id(tensor))
        return held is not None and held() is tensor

    def optimizers(self) -> Iterator[torch.optim.Optimizer]:
        """Those that are alive."""
        for key, reference in list(self._optimizers.items()):
            optimizer = reference()
            if optimizer is None:
                del self._optimizers[key]
            else:
                yield optimizer

    def is_looking(self) -> bool:
        """Whether an optimizer is still in its first steps."""
        return not self.all_beyond(LOOKS - 1)

    def run(self, module: torch.nn.Module) -> None:
        """A module was called with gradients on."""
        self.runs += 1
        if id(module) not in self._ran:
            self._ran[id(module)] = weakref.ref(module)

    def modules(self) -> list[torch.nn.Module]:
        """Those that ran, in the order of their first calls."""
        return [module for module in (reference() for reference in self._ran.values()) if module is not None]

    def roots(self) -> list[torch.nn.Module]:
        """Those that are part of no other that ran."""
        modules = self.modules()
        inside = {id(part) for module in modules for part in module.modules() if part is not module}
        return [module for module in modules if id(module) not in inside]


def parameters_of(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """All that it holds, in order."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
