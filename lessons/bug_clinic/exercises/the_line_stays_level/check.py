"""What must hold of the program once it is cured."""

from __future__ import annotations

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, runs


def _look(names: dict) -> dict:
    """The line that was found."""
    losses = [float(loss) for loss in names["losses"]]
    return {"slope": names["model"].weight.item(), "steps": len(losses), "losses": losses}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def it_finds_the_line(given) -> None:
    """The slope is 3, to 0.2."""
    slope = runs(given, _look).seen["slope"]
    expect(abs(slope - 3) < 0.2, f"the slope is {slope:.3f}; the points lie along a line of slope 3")


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
