"""What must hold of the program once it is cured."""

from __future__ import annotations

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs, sorted_points


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, sorted_points)


def the_weights_stay_float32(given) -> None:
    """The weights are kept in float32."""
    dtype = runs(given, sorted_points).seen["dtype"]
    expect(dtype == "torch.float32", f"the weights are {dtype}; mixed precision keeps them in torch.float32")


def it_learns(given) -> None:
    """It sorts new points right, at least nine in ten."""
    learns(given)


def it_takes_all_its_steps(given) -> None:
    """It still takes its 40 steps."""
    steps = runs(given, sorted_points).seen["steps"]
    expect(steps == 40, f"{steps} losses were kept; the program takes 40 steps")


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, sorted_points)
