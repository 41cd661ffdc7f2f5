"""What must hold of gradcheck()."""

from __future__ import annotations

import random

import torch

from lessons.kit.properties import expect


def it_returns_true_or_false(given) -> None:
    """It returns True or False."""
    for f in (_squares, _by_hand(_squares, lambda w: w)):
        came = given.gradcheck(f, _weights(3))
        expect(isinstance(came, bool), f"what came back is of type {type(came).__name__}; a bool was wanted")


def a_right_gradient_is_accepted(given) -> None:
    """A right gradient is accepted, whatever the shape of w."""
    for shape in ((), (1,), (4,), (2, 3), (2, 1, 3)):
        w = _weights(*shape)
        for name, f in _RIGHT.items():
            expect(given.gradcheck(f, w), f"f = {name} has a right gradient, and at w of shape {shape} False came")
    turned = _weights(2, 3).T
    expect(
        given.gradcheck(_squares, turned), "f = sum(w²) is right, and at w of shape (3, 2), not contiguous, False came"
    )
    expect(given.gradcheck(_squares, torch.zeros(3)), "f = sum(w²) is right, and at three zeros False came")


def float32_weights_are_checked_in_float64(given) -> None:
    """Whatever the dtype of w, f is computed in float64."""
    for dtype in (torch.float32, torch.float16):
        asked: set[torch.dtype] = set()

        def f(w, asked=asked):
            asked.add(w.dtype)
            return 1000 + torch.sin(3 * w).sum()

        held = given.gradcheck(f, _weights(2, 3).to(dtype))
        seen = ", ".join(sorted(str(each) for each in asked))
        expect(held, f"f = 1000 + sum(sin 3w) is right, and at w in {dtype} False came; f was asked in {seen}")
        expect(asked == {torch.float64}, f"w in {dtype}: f was asked in {seen}; only torch.float64 is exact enough")


def a_wrong_gradient_is_found(given) -> None:
    """A wrong gradient is found, and be it by a thousandth."""
    for shape in ((), (4,), (2, 3)):
        for dtype in (torch.float64, torch.float32):
            w = _weights(*shape).to(dtype)
            for name, f in _WRONG.items():
                expect(not given.gradcheck(f, w), f"{name}, and at w of shape {shape} in {dtype} True came")


def one_wrong_entry_is_enough(given) -> None:
    """One wrong entry is enough, wherever it is."""
    for k in (0, 5, random.randrange(1, 5)):
        told = f"w has 6 entries, and the gradient of entry {k} alone is twice what it should be: True came"
        expect(not given.gradcheck(_one_doubled(k), _weights(2, 3)), told)


def the_right_numbers_must_stand_in_the_right_places(given) -> None:
    """Right numbers in wrong places are a wrong gradient."""
    w = _weights(3, 3)
    turned = _by_hand(_squares, lambda w: 2 * w.T)
    expect(not given.gradcheck(turned, w), "w is 3 by 3 and f = sum(w²) sends back the transpose of 2w: True came")


def a_steep_bowl_is_accepted(given) -> None:
    """A right gradient is accepted where f is large and steep."""
    for _ in range(3):
        w = 1 + 1e-3 * _weights(8)
        told = "f = 10000 + 500 · sum((w − 1)²) is right, and near 1 False came: the slopes are too coarse"
        expect(given.gradcheck(lambda w: 10_000 + 500 * ((w - 1) ** 2).sum(), w), told)


def the_weights_stay_as_they_were(given) -> None:
    """w keeps its numbers, its .grad and its requires_grad."""
    for dtype in (torch.float64, torch.float32):
        for wants in (False, True):
            w = _weights(4).to(dtype).requires_grad_(wants)
            w.grad = torch.full_like(w, 7.0) if wants else None
            before = w.detach().clone()
            held = given.gradcheck(_squares, w)
            told = f"w in {dtype}, requires_grad={wants}"
            expect(held, f"{told}: f = sum(w²) is right, and False came")
            expect(torch.equal(w.detach(), before), f"{told}: w has other numbers after the call")
            expect(w.requires_grad == wants, f"{told}: w has requires_grad={w.requires_grad} after the call")
            if wants:
                came = "None" if w.grad is None else f"{w.grad[0].item():.3g}"
                expect(came == "7", f"{told}: w.grad was full of 7s, and begins with {came} after the call")
            else:
                expect(w.grad is None, f"{told}: w.grad was None, and is a tensor after the call")


def _weights(*shape: int) -> torch.Tensor:
    """Numbers between 0.5 and 1.5 in size, no two alike, in float64."""
    return (0.5 + torch.rand(shape, dtype=torch.float64)) * torch.where(torch.rand(shape) < 0.5, -1, 1)


def _squares(w):
    return (w * w).sum()


def _by_hand(forward, backward):
    """f as autograd sees it, with a backward pass written by hand: backward(w) is what w gets for a gradient of 1."""

    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, w):
            ctx.save_for_backward(w)
            return forward(w)

        @staticmethod
        def backward(ctx, gradient):
            return gradient * backward(*ctx.saved_tensors)

    return ByHand.apply


def _one_doubled(k: int):
    """sum(w²); the gradient of entry k is twice what it should be."""

    def backward(w):
        slopes = 2 * w.flatten()
        slopes[k] *= 2
        return slopes.view(w.shape)

    return _by_hand(_squares, backward)


_RIGHT = {
    "sum(w²)": _squares,
    "sum(w²) by hand": _by_hand(_squares, lambda w: 2 * w),
    "prod(w)": torch.prod,
    "mean(tanh(w)) + sum(exp(w))": lambda w: torch.tanh(w).mean() + w.exp().sum(),
    "0 · sum(w)": lambda w: 0 * w.sum(),
}

_WRONG = {
    "f = sum(w²) sends back w in place of 2w": _by_hand(_squares, lambda w: w),
    "f = sum(w²) sends back −2w in place of 2w": _by_hand(_squares, lambda w: -2 * w),
    "f = sum(w²) sends back 2.002w in place of 2w": _by_hand(_squares, lambda w: 2.002 * w),
    "f = sum(w³) sends back 2w² in place of 3w²": _by_hand(lambda w: (w**3).sum(), lambda w: 2 * w**2),
    "f = sum(tanh(w)) sends back 1 − w²": _by_hand(lambda w: w.tanh().sum(), lambda w: 1 - w**2),
    "f = sum(w · w.detach()) is cut on one side": lambda w: (w * w.detach()).sum(),
    "f = sum(w²) sends back 0": _by_hand(_squares, torch.zeros_like),
}
