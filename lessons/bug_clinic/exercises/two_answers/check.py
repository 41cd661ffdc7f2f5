"""What must hold of the program once it is cured."""

from __future__ import annotations

import torch

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs, sorted_points


def _look(names: dict) -> dict:
    """How far two scores of the same points are apart, and whether the dropout is there."""
    scores, model = names["scores"], names["model"]
    dropouts = [part.p for part in model.modules() if isinstance(part, torch.nn.Dropout)]
    return {**sorted_points(names), "scores": scores, "dropout": max(dropouts, default=0.0)}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def two_passes_agree(given) -> None:
    """Two passes over the same points give the same loss."""
    one, two = runs(given, _look).seen["scores"]
    expect(one == two, f"the same points gave {one:.4f} and then {two:.4f}")


def the_dropout_is_there(given) -> None:
    """The model still has its dropout of 0.5."""
    dropout = runs(given, _look).seen["dropout"]
    expect(dropout == 0.5, f"the largest dropout of the model is {dropout}; it was 0.5")


def it_learns(given) -> None:
    """It sorts new points right, at least nine in ten."""
    learns(given, _look)


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
