"""What must hold of train_step()."""

from __future__ import annotations

import copy
import random

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lessons.kit.properties import expect


def it_returns_a_number(given) -> None:
    """It returns a Python float."""
    model, x, y = _task()
    loss = given.train_step(model, torch.optim.SGD(model.parameters(), lr=0.1), x, y)
    expect(isinstance(loss, float), f"what came back is {type(loss).__name__}; a float was wanted")


def the_number_is_the_loss_before_the_step(given) -> None:
    """It returns the mean cross-entropy of the logits, before the weights moved."""
    for count in (1, 7, 32):
        model, x, y = _task(count)
        with torch.no_grad():
            wanted = cross_entropy(model(x), y).item()
        loss = given.train_step(model, torch.optim.SGD(model.parameters(), lr=0.5), x, y)
        expect(abs(loss - wanted) < 1e-5, f"a batch of {count}: {loss:.4f} came back, the loss was {wanted:.4f}")


def one_step_is_that_of_sgd(given) -> None:
    """After one step each weight has moved by -lr times its gradient."""
    model, x, y = _task()
    lr = random.uniform(0.05, 0.5)
    before = [weight.detach().clone() for weight in model.parameters()]
    gradients = torch.autograd.grad(cross_entropy(model(x), y), list(model.parameters()))
    given.train_step(model, torch.optim.SGD(model.parameters(), lr=lr), x, y)
    wanted = [weight - lr * gradient for weight, gradient in zip(before, gradients)]
    _compare(model, before, wanted, f"one step at lr {lr:.3f}")


def three_steps_are_those_of_sgd(given) -> None:
    """Each step uses its own gradient alone, so three steps end where three steps of SGD end."""
    model, _, _ = _task()
    weights = list(model.parameters())
    twin = copy.deepcopy(model)
    before = [weight.detach().clone() for weight in weights]
    optimizer = torch.optim.SGD(weights, lr=0.2)
    for _ in range(3):
        x, y = torch.randn(16, 4), torch.randint(3, (16,))
        gradients = torch.autograd.grad(cross_entropy(twin(x), y), list(twin.parameters()))
        with torch.no_grad():
            for weight, gradient in zip(twin.parameters(), gradients):
                weight -= 0.2 * gradient
        given.train_step(model, optimizer, x, y)
    _compare(model, before, [weight.detach() for weight in twin.parameters()], "three steps at lr 0.2")


def old_gradients_do_not_count(given) -> None:
    """Gradients that were there before the call change nothing."""
    model, x, y = _task()
    twin = copy.deepcopy(model)
    before = [weight.detach().clone() for weight in model.parameters()]
    (10 * cross_entropy(model(torch.randn(8, 4)), torch.randint(3, (8,)))).backward()
    given.train_step(model, torch.optim.SGD(model.parameters(), lr=0.1), x, y)
    gradients = torch.autograd.grad(cross_entropy(twin(x), y), list(twin.parameters()))
    wanted = [weight - 0.1 * gradient for weight, gradient in zip(before, gradients)]
    _compare(model, before, wanted, "gradients of another loss were there before")


def any_optimizer_will_do(given) -> None:
    """It leaves the step to the optimizer: Adam and momentum take theirs."""
    for name, build in (
        ("Adam", lambda weights: torch.optim.Adam(weights, lr=0.01)),
        ("SGD with momentum", lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9)),
    ):
        model, x, y = _task()
        twin = copy.deepcopy(model)
        before = [weight.detach().clone() for weight in model.parameters()]
        mine, theirs = build(model.parameters()), build(twin.parameters())
        for _ in range(4):
            given.train_step(model, mine, x, y)
            theirs.zero_grad()
            cross_entropy(twin(x), y).backward()
            theirs.step()
        _compare(model, before, [weight.detach() for weight in twin.parameters()], f"four steps of {name}")


def _task(count: int = 16) -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    return model, torch.randn(count, 4), torch.randint(3, (count,))


def _compare(model: nn.Module, before: list, wanted: list, told: str) -> None:
    weights = [weight.detach() for weight in model.parameters()]
    off = max((weight - right).abs().max().item() for weight, right in zip(weights, wanted))
    if all(torch.equal(weight, start) for weight, start in zip(weights, before)):
        expect(off < 1e-5, f"{told}: no weight moved; the furthest had to move by {off:.3g}")
    expect(off < 1e-5, f"{told}: a weight is off by {off:.3g} from where it had to be")
