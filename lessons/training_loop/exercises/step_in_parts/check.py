"""What must hold of step_in_parts()."""

from __future__ import annotations

import copy
import random

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lessons.kit.properties import expect

EQUAL = ((64, 16), (12, 3), (5, 1), (8, 8))
UNEQUAL = ((5, 2), (17, 16), (33, 10), (7, 64))
"""Samples, and the most that a part may have."""


def it_returns_a_number(given) -> None:
    """It returns a Python float."""
    model, x, y = _task(8)
    loss = given.step_in_parts(model, torch.optim.SGD(model.parameters(), lr=0.1), x, y, 4)
    expect(isinstance(loss, float), f"what came back is {type(loss).__name__}; a float was wanted")


def equal_parts_make_the_step_of_the_whole(given) -> None:
    """With parts of equal size the weights end where one step on the whole batch ends."""
    for count, size in EQUAL:
        _compare(given, count, size)


def unequal_parts_do_too(given) -> None:
    """A smaller last part does not change that."""
    for count, size in (*UNEQUAL, (random.randint(20, 40), random.randint(3, 15))):
        _compare(given, count, size)


def the_number_is_the_mean_of_the_batch(given) -> None:
    """It returns the mean loss over all samples, before the step."""
    for count, size in (*EQUAL, *UNEQUAL):
        model, x, y = _task(count)
        x[-1] *= 20  # so that the last part's loss differs
        with torch.no_grad():
            wanted = cross_entropy(model(x), y).item()
        loss = given.step_in_parts(model, torch.optim.SGD(model.parameters(), lr=0.1), x, y, size)
        expect(
            abs(loss - wanted) < 1e-4 * max(1.0, wanted),
            f"{count} samples, at most {size} at a time: {loss:.4f} came back, the mean loss was {wanted:.4f}",
        )


def the_model_sees_at_most_size_samples(given) -> None:
    """It never gives the model more than `size` samples, and every sample once."""
    for count, size in (*EQUAL, *UNEQUAL):
        model, x, y = _task(count)
        seen: list[int] = []
        model.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(len(inputs[0])))
        given.step_in_parts(model, torch.optim.SGD(model.parameters(), lr=0.1), x, y, size)
        told = f"{count} samples, at most {size} at a time"
        expect(max(seen) <= size, f"{told}: the model was given {max(seen)} at once")
        expect(sum(seen) == count, f"{told}: the model was given {sum(seen)} in all")


def old_gradients_do_not_count(given) -> None:
    """Gradients that were there before the call change nothing."""
    _compare(given, 12, 4, stale=True)


def _task(count: int) -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    return model, torch.randn(count, 4), torch.randint(3, (count,))


def _compare(given, count: int, size: int, stale: bool = False) -> None:
    """The weights after two steps, beside those of a twin that takes each batch whole. Momentum counts the steps."""
    model, x, y = _task(count)
    x[-1] *= 5  # so that the last part's gradient differs
    twin = copy.deepcopy(model)
    mine = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    theirs = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    told = f"{count} samples, at most {size} at a time"
    if stale:
        (5 * cross_entropy(model(torch.randn(8, 4)), torch.randint(3, (8,)))).backward()
        told += ", old gradients there before"
    for _ in range(2):
        given.step_in_parts(model, mine, x, y, size)
        theirs.zero_grad()
        cross_entropy(twin(x), y).backward()
        theirs.step()
    off = max((a - b).detach().abs().max().item() for a, b in zip(model.parameters(), twin.parameters()))
    expect(off < 1e-4, f"{told}: after two steps a weight is off by {off:.3g} from where the whole batch takes it")
