"""What must hold of the program once it is cured."""

from __future__ import annotations

from lessons.kit.properties import expect
from lessons.measure.clinic import expect_quiet, runs


def _look(names: dict) -> dict:
    """Where w ended, and how many losses were kept."""
    w = names["w"].detach().tolist()
    return {"w": w, "off": max(abs(w[0] - 2), abs(w[1] + 3)), "steps": len(names["losses"])}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def it_finds_the_plane(given) -> None:
    """w ends at 2 and -3, to a tenth."""
    seen = runs(given, _look).seen
    expect(seen["off"] < 0.1, f"w ended at {seen['w'][0]:.3f} and {seen['w'][1]:.3f}; the data have 2 and -3")


def it_takes_all_its_steps(given) -> None:
    """It still takes its 40 steps."""
    steps = runs(given, _look).seen["steps"]
    expect(steps == 40, f"{steps} losses were kept; the program takes 40 steps")


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
