"""What must hold of the program once it is cured."""

from __future__ import annotations

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs, sorted_points


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, sorted_points)


def it_becomes_sure(given) -> None:
    """The loss ends below 0.3."""
    last = runs(given, sorted_points).seen["last"]
    expect(last < 0.3, f"the loss ended at {last:.3f}; the same program without its fault comes below 0.3")


def it_learns(given) -> None:
    """It sorts new points right, at least nine in ten."""
    learns(given)


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, sorted_points)
