"""What must hold of the program once it is cured."""

from __future__ import annotations

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs, sorted_points


def _look(names: dict) -> dict:
    """How many tensors of the model its optimizer does not hold."""
    held = {id(weight) for group in names["optimizer"].param_groups for weight in group["params"]}
    return {**sorted_points(names), "left_out": sum(id(weight) not in held for weight in names["model"].parameters())}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def the_optimizer_holds_the_model(given) -> None:
    """The optimizer holds every weight of the model."""
    left_out = runs(given, _look).seen["left_out"]
    expect(not left_out, f"{left_out} of the 4 tensors of the model are in no optimizer")


def it_learns(given) -> None:
    """It sorts new points right, at least nine in ten."""
    learns(given, _look)


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
