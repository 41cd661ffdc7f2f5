"""What must hold of the program once it is cured."""

from __future__ import annotations

import torch

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs, sorted_points


def _look(names: dict) -> dict:
    """Whether the total is still joined to the steps it was made of."""
    total = names["total"]
    joined = isinstance(total, torch.Tensor) and total.requires_grad
    seen = sorted_points({**names, "losses": [0.0]})
    return {"right": seen["right"], "joined": joined, "total": float(total)}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def the_total_is_a_number(given) -> None:
    """The total has no graph."""
    expect(not runs(given, _look).seen["joined"], "the total has a grad_fn, and with it the graphs of 40 steps")


def it_is_the_total(given) -> None:
    """The total is that of all 40 losses."""
    total = runs(given, _look).seen["total"]
    expect(5 < total < 20, f"the total is {total:.2f}; 40 losses that fall from 1.06 to 0.12 add up to about 9")


def it_learns(given) -> None:
    """It sorts new points right, at least nine in ten."""
    learns(given, _look)


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
