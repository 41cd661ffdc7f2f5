"""What must hold of the program once it is cured."""

from __future__ import annotations

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, learns, runs, sorted_points


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, sorted_points)


def it_begins_at_chance(given) -> None:
    """The first loss is near ln 3, which is 1.10."""
    first = runs(given, sorted_points).seen["first"]
    expect(0.6 < first < 1.8, f"the first loss is {first:.3f}; a model of three classes begins near ln 3 = 1.099")


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
