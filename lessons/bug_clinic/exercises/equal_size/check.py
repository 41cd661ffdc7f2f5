"""What must hold of the program once it is cured."""

from __future__ import annotations

import torch

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs


def _look(names: dict) -> dict:
    """How many of 300 new rows are told right, each on its own, and how many steps there were."""
    make = torch.Generator().manual_seed(1)
    lengths = torch.randint(3, 9, (300,), generator=make).tolist()
    rows = [torch.randint(1, 10, (length,), generator=make) for length in lengths]
    with torch.no_grad():
        told = [names["model"](row[None]).argmax().item() == int((row == 9).any()) for row in rows]
    losses = [float(loss) for loss in names["losses"]]
    return {"right": sum(told) / 300, "steps": len(losses), "losses": losses}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def it_takes_all_its_steps(given) -> None:
    """It still takes 8 epochs of 10 batches."""
    steps = runs(given, _look).seen["steps"]
    expect(steps == 80, f"{steps} steps were made; 8 epochs of 160 rows, 16 a batch, are 80")


def it_learns(given) -> None:
    """It tells new rows right, at least nine in ten."""
    learns(given, _look)


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
