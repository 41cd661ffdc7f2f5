"""What must hold of log_sum_exp()."""

from __future__ import annotations

import random

import torch

from lessons.kit.properties import expect

CLOSE = {torch.float16: 0.02, torch.bfloat16: 0.15, torch.float32: 1e-4, torch.float64: 1e-8}
"""How far the answer for scores below 20 may be off, in each dtype."""


def it_keeps_shape_and_dtype(given) -> None:
    """It takes the last axis away, and keeps the dtype of x."""
    for shape in ((3,), (4, 3), (2, 5, 3), (4, 1)):
        for dtype in CLOSE:
            x = torch.randn(shape).to(dtype)
            result = given.log_sum_exp(x)
            expect(isinstance(result, torch.Tensor), f"what came back is {type(result).__name__}; a tensor was wanted")
            wanted, name = tuple(shape[:-1]), str(dtype).removeprefix("torch.")
            expect(
                tuple(result.shape) == wanted and result.dtype == dtype,
                f"of {shape} in {name} came {tuple(result.shape)} in {result.dtype}; {wanted} in {name} was wanted",
            )


def it_agrees_with_the_formula(given) -> None:
    """It is log(sum(exp(x))), where that can be computed straight down."""
    for shape in ((2,), (1,), (4, 3), (3, 3), (2, 3, 7)):
        x = 2 * torch.randn(shape, dtype=torch.float64)
        wanted = x.exp().sum(dim=-1).log()
        _compare(given.log_sum_exp(x.clone()), wanted, 1e-8, f"random scores of shape {shape}")


def large_scores_stay_finite(given) -> None:
    """It is right for scores whose exp the dtype cannot hold."""
    for dtype, high in ((torch.float16, 12.0), (torch.float16, 15.0), (torch.float32, 100.0), (torch.float64, 1000.0)):
        for scores in ([high, high], [high, -high], [-high, -high - 1], [0.0, high, 0.0, 0.0]):
            x = torch.tensor(scores, dtype=dtype)
            wanted = torch.logsumexp(x.double(), dim=-1)
            spare = max(CLOSE[dtype], 0.001 * high)
            _compare(given.log_sum_exp(x), wanted, spare, f"{scores} in {str(dtype).removeprefix('torch.')}")


def rows_do_not_touch_each_other(given) -> None:
    """Each row is on its own, however far above or below the others lie."""
    low = -random.uniform(800, 1200)
    rows = torch.tensor([[0.0, 1.0], [low, low], [-low, 0.0]], dtype=torch.float64)
    both = given.log_sum_exp(rows)
    for k, name in enumerate(("the first", "the second", "the third")):
        scores = [round(value) for value in rows[k].tolist()]
        _compare(both[k], torch.logsumexp(rows[k], -1), 1e-6, f"{name} of three rows, {scores}")


def the_gradient_is_softmax(given) -> None:
    """Its gradient is the softmax of the scores."""
    x = (3 * torch.randn(4, 5, dtype=torch.float64)).requires_grad_()
    given.log_sum_exp(x).sum().backward()
    expect(x.grad is not None, "after backward() x.grad is None; the way from x to the result is cut")
    off = (x.grad - torch.softmax(x.detach(), dim=-1)).abs().max().item()
    expect(off < 1e-6, f"of random scores of shape (4, 5) the gradient is off from their softmax by {off:.3g}")


def the_scores_stay_as_they_were(given) -> None:
    """The input is left as it was."""
    x = torch.randn(3, 4)
    before = x.clone()
    given.log_sum_exp(x)
    expect(torch.equal(x, before), f"x[0, 0] was {before[0, 0]:.3f} and is {x[0, 0]:.3f} after the call")


def _compare(result, wanted, spare: float, told: str) -> None:
    off = (result.double() - wanted).abs().max().item() if wanted.numel() else 0.0
    came, right = result.double().flatten()[:3].tolist(), wanted.flatten()[:3].tolist()
    expect(off <= spare, f"{told}: {_short(came)} came, {_short(right)} was wanted")


def _short(values: list[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
