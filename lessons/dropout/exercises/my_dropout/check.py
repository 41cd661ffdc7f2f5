"""What must hold of my_dropout()."""

from __future__ import annotations

import random

import torch

from lessons.kit.properties import expect


def it_keeps_shape_and_dtype(given) -> None:
    """It returns a tensor of the shape and dtype of x."""
    shapes = [(5,), (2, 3), (), (0,), (4, 1, 6)]
    for shape in shapes:
        for dtype in (torch.float32, torch.float64):
            for training in (True, False):
                x = torch.randn(shape, dtype=dtype)
                y = given.my_dropout(x, 0.5, training)
                called = f"x of shape {shape} and {dtype}, training={training}"
                expect(isinstance(y, torch.Tensor), f"{called}: it returned {type(y).__name__}, not a tensor")
                expect(y.shape == x.shape, f"{called}: the result has shape {tuple(y.shape)}")
                expect(y.dtype == dtype, f"{called}: the result is {y.dtype}")


def evaluation_changes_nothing(given) -> None:
    """With training=False every value comes back as it was."""
    for p in (0.0, 0.3, 0.9, 1.0):
        x = torch.randn(1000)
        y = given.my_dropout(x.clone(), p, False)
        other = int((y != x).sum())
        expect(other == 0, f"p = {p}, training=False: {other} of 1000 values came back changed")


def each_value_is_dropped_or_scaled(given) -> None:
    """While training each value becomes either 0 or x / (1 − p)."""
    for p in (0.1, 0.5, 0.8):
        x = torch.rand(6, 500).T + 1  # not contiguous
        x[::2] *= -100
        y = given.my_dropout(x.clone(), p, True)
        wanted = x / (1 - p)
        right = (y == 0) | torch.isclose(y, wanted)
        if not right.all():
            row, column = (~right).nonzero()[0].tolist()
            was, came, scaled = (tensor[row, column].item() for tensor in (x, y, wanted))
            expect(False, f"p = {p}: {was:.3f} became {came:.3f}; it has to become 0 or {scaled:.3f}")


def p_is_the_chance_to_be_dropped(given) -> None:
    """A value is dropped with probability p."""
    for p in (0.1, 0.3, 0.8, round(random.uniform(0.2, 0.4), 2)):
        dropped = (given.my_dropout(torch.ones(100_000), p, True) == 0).double().mean().item()
        expect(abs(dropped - p) < 0.02, f"p = {p}: {100 * dropped:.1f} % of 100,000 values were dropped, not {p:.0%}")


def the_ends_of_p_work(given) -> None:
    """p = 0 keeps every value, and p = 1 drops every value."""
    x = torch.randn(1000)
    for p, wanted in ((0.0, x), (1.0, torch.zeros(1000))):
        y = given.my_dropout(x.clone(), p, True)
        nan, other = int(y.isnan().sum()), int((y != wanted).sum())
        expect(nan == 0, f"p = {p}: {nan} of 1000 values became nan")
        expect(other == 0, f"p = {p}: {other} of 1000 values are not {'x' if p == 0 else '0'}")


def every_call_draws_anew(given) -> None:
    """Two calls drop different values."""
    x = torch.ones(200)
    first, second = (given.my_dropout(x.clone(), 0.5, True) for _ in range(2))
    expect(not torch.equal(first, second), "p = 0.5: two calls dropped the very same values among 200")


def each_value_is_drawn_for_on_its_own(given) -> None:
    """Samples and features have no mask in common."""
    y = given.my_dropout(torch.ones(200, 100), 0.5, True) == 0
    for name, dim in (("rows", 0), ("columns", 1)):
        whole = int(y.all(dim=1 - dim).sum())
        expect(whole == 0, f"x of shape (200, 100), p = 0.5: {whole} whole {name} were dropped")


def x_is_left_as_it_was(given) -> None:
    """x itself is left as it was."""
    x = torch.randn(100)
    before = x.clone()
    given.my_dropout(x, 0.5, True)
    changed = int((x != before).sum())
    expect(changed == 0, f"{changed} of 100 values of x were changed by the call; return a new tensor")


def the_gradient_takes_the_same_way(given) -> None:
    """The gradient is 1 / (1 − p) where a value was kept, and 0 where it was dropped."""
    for p in (0.2, 0.75):
        x = torch.ones(500, requires_grad=True)
        y = given.my_dropout(x, p, True)
        expect(y.requires_grad, f"p = {p}: no gradient can flow back; the result has requires_grad=False")
        y.sum().backward()
        wanted = (y.detach() != 0) / (1 - p)
        expect(x.grad is not None, f"p = {p}: after backward() the gradient of x is None")
        wrong = int((~torch.isclose(x.grad, wanted)).sum())
        expect(wrong == 0, f"p = {p}: the gradient of {wrong} of 500 values differs from what dropout did to them")
