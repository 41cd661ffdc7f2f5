"""What must hold of the program once it is cured."""

from __future__ import annotations

import torch

from lessons.kit.properties import expect
from lessons.measure.clinic import CENTRES, expect_quiet, learns, runs, sorted_points


def _look(names: dict) -> dict:
    """The slope of the loss along the first layer's weights, as autograd has it and as two losses have it."""
    seen = sorted_points(names)
    model = names["model"].double()
    x, y = CENTRES.double(), torch.arange(3)
    weight = model.first.weight
    direction = torch.ones_like(weight)
    model.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    told = 0.0 if weight.grad is None else (weight.grad * direction).sum().item()
    losses = []
    with torch.no_grad():
        for step in (1e-4, -2e-4):
            weight.add_(step * direction)
            losses.append(torch.nn.functional.cross_entropy(model(x), y).item())
    return {**seen, "told": told, "measured": (losses[0] - losses[1]) / 2e-4}


def it_runs_to_its_end(given) -> None:
    """The program runs to its end."""
    runs(given, _look)


def the_gradients_are_right(given) -> None:
    """The gradient is the slope of the loss."""
    seen = runs(given, _look).seen
    expect(
        abs(seen["told"] - seen["measured"]) < 1e-4 + 0.01 * abs(seen["measured"]),
        f"along the first weights autograd says {seen['told']:.4f}, and the loss changes by {seen['measured']:.4f}",
    )


def it_learns(given) -> None:
    """It sorts new points right, at least nine in ten."""
    learns(given, _look)


def it_takes_all_its_steps(given) -> None:
    """It still takes its 40 steps."""
    steps = runs(given, _look).seen["steps"]
    expect(steps == 40, f"{steps} losses were kept; the program takes 40 steps")


def the_check_finds_nothing(given) -> None:
    """`tutor check` finds nothing to warn of."""
    expect_quiet(given, _look)
