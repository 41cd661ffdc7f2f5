"""What must hold of find_lr_limit()."""

from __future__ import annotations

import random

import torch

from lessons.kit.properties import expect


def it_returns_a_number(given) -> None:
    """It returns a float above 0."""
    came = given.find_lr_limit(_bowl([3.0]), torch.ones(1))
    expect(isinstance(came, float), f"what came back is of type {type(came).__name__}; a float was wanted")
    expect(came > 0, f"for a curvature of 3 came {came:.4g}; a number above 0 was wanted")


def one_curvature_gives_its_limit(given) -> None:
    """For λ = 1, 7 and 50 it is at most 2/λ, at least 0.9 of it."""
    for curvature in (1.0, 7.0, 50.0):
        _compare(given, [curvature], torch.ones(1))


def no_curvature_is_expected(given) -> None:
    """It is so for any curvature from 0.1 to 100."""
    for low, high in ((0.1, 1.0), (1.0, 100.0)):
        _compare(given, [_between(low, high)], torch.ones(1))


def the_largest_curvature_decides(given) -> None:
    """Of several curvatures the largest decides."""
    for dimensions in (2, 3, 20):
        _compare(given, _curvatures(dimensions), _signs(dimensions))


def turned_bowls_have_the_same_limit(given) -> None:
    """A bowl that is turned has the limit that it had."""
    half_a_right_angle = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / 2**0.5
    at_random, _ = torch.linalg.qr(torch.randn(5, 5))
    for turn, told in ((half_a_right_angle, ", turned by 45°"), (at_random, ", turned at random")):
        dimensions = len(turn)
        _compare(given, _curvatures(dimensions), turn @ _signs(dimensions), turn=turn, told=told)


def the_bottom_may_lie_anywhere(given) -> None:
    """Where the bottom lies, and how high, changes nothing."""
    for add in (-10.0, 10.0):
        bottom = random.choice((-1, 1)) * random.uniform(3, 5)
        told = f", bottom at {bottom:.2g}, f = {add:g} there"
        _compare(given, _curvatures(2), bottom + 0.5 * _signs(2), bottom=bottom, add=add, told=told)
    told = ", bottom at 4"
    _compare(given, [_between(1.0, 20.0)], torch.tensor([0.5]), bottom=4.0, told=told)


def a_start_that_hardly_shows_the_steep_direction(given) -> None:
    """It holds where the start hardly shows the steep direction."""
    for small in (1e-2, -1e-3):
        steep = _between(20.0, 60.0)
        w0 = torch.tensor([1.0, small], dtype=torch.float64)
        _compare(given, [1.0, steep], w0, told=f", start (1, {small:g})")


def the_start_stays_as_it_was(given) -> None:
    """w0 stays as it was, and takes no gradient."""
    w0 = torch.tensor([1.0, -2.0])
    before = w0.clone()
    _compare(given, [2.0, 5.0], w0)
    expect(torch.equal(w0.detach(), before), f"w0 was {before.tolist()} and is {_short(w0)} after the call")
    expect(not w0.requires_grad, "w0 has requires_grad=True after the call; it had not")
    expect(w0.grad is None, "w0.grad is a tensor after the call; it was None")


def _compare(given, curvatures: list[float], w0, told: str = "", **bowl) -> None:
    limit = 2 / max(curvatures)
    came = given.find_lr_limit(_bowl(curvatures, **bowl), w0)
    asked = f"{_written(curvatures)}{told}: {came:.5g} came, {0.9 * limit:.5g} to {limit:.5g} was wanted"
    expect(0.9 * limit <= came <= limit * (1 + 1e-5), asked)


def _bowl(curvatures: list[float], turn=None, bottom: float = 0.0, add: float = 0.0):
    """½ Σ λ · (w − bottom)² + add, in axes that `turn` has turned."""
    straight = torch.tensor(curvatures, dtype=torch.float64).diag()
    hessian = straight if turn is None else turn.double() @ straight @ turn.double().T
    kept = {dtype: hessian.to(dtype) for dtype in (torch.float32, torch.float64)}

    def f(w):
        away = w - bottom if bottom else w
        return 0.5 * away.dot(kept[w.dtype] @ away) + add

    return f


def _curvatures(dimensions: int) -> list[float]:
    """One that is three times as large as any other, in a random place."""
    steep = _between(10.0, 80.0)
    others = [steep * random.uniform(0.02, 0.33) for _ in range(dimensions - 1)]
    others.insert(random.randrange(dimensions), steep)
    return others


def _between(low: float, high: float) -> float:
    """Drawn evenly on a logarithmic scale."""
    return low * (high / low) ** random.random()


def _signs(dimensions: int):
    return torch.tensor([random.choice((-1.0, 1.0)) for _ in range(dimensions)])


def _written(curvatures: list[float]) -> str:
    if len(curvatures) > 3:
        return f"{len(curvatures)} curvatures, the largest {max(curvatures):.3g}"
    return f"λ = {' and '.join(f'{curvature:.3g}' for curvature in curvatures)}"


def _short(w) -> list[float]:
    return [round(value, 4) for value in w.tolist()]
