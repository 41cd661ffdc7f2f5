"""Gradient descent on the smallest loss there is."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from lessons.kit import Chart, Frame, Series, number

STEPS = 20


def descent(lr: float) -> Iterator[Frame]:
    w = torch.tensor(1.0, requires_grad=True)
    losses: list[float] = []
    for step in range(STEPS + 1):
        loss = w**2
        losses.append(loss.item())
        yield _frame(losses, w.item(), step)
        [gradient] = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w -= lr * gradient


def _frame(losses: list[float], w: float, step: int) -> Frame:
    """The losses so far. The note says what the chart shows, to those who do not see it."""
    chart = Chart("loss", (Series("w²", tuple(losses)),), STEPS, low=0)
    note = f"After {step} steps w is {number(w)} and the loss {number(losses[-1])}; it began at 1."
    return Frame((chart,), {"w": w, "loss": losses[-1]}, note, step, STEPS)
