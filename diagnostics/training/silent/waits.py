"""Lines that wait for the GPU in every step."""

from __future__ import annotations

from typing import Any

import torch

from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place

STEPS = 50
"""So many steps in a row with one and the same line waiting."""


class Waits(Rule):
    """waits-every-step."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._rows: dict[Place, list[int]] = {}
        """The step of the last wait, and how many steps in a row there have been."""

    def waited(self, name: str, place: Place) -> None:
        now, row = self.training.steps, self._rows.setdefault(place, [-2, 0])
        if not torch.is_grad_enabled() or row[1] > STEPS:
            return
        if now != row[0]:
            row[1] = row[1] + 1 if now == row[0] + 1 else 1
            row[0] = now
            if row[1] == STEPS:
                self.tell(
                    "waits-every-step", place, f"{STEPS} steps in a row, each with a wait at this line", name=name
                )
