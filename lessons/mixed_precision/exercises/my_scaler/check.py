"""What must hold of Scaler."""

from __future__ import annotations

import copy
import math
import random

import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_

from lessons.kit.properties import expect

BAD = (math.inf, -math.inf, math.nan)


def the_loss_is_multiplied(given) -> None:
    """scale() returns the loss times the factor, and leaves the loss as it was."""
    for factor in (1.0, 8.0, 65536.0):
        weight = torch.ones(3, requires_grad=True)
        loss = (2 * weight).sum()
        scaled = given.Scaler(factor, 10).scale(loss)
        expect(isinstance(scaled, torch.Tensor), f"scale() returned {type(scaled).__name__}, not a tensor")
        told = f"a loss of 6, factor {factor:g}"
        expect(scaled.item() == 6 * factor, f"{told}: {scaled.item():g} came; {6 * factor:g} was wanted")
        expect(loss.item() == 6, f"{told}: the loss itself became {loss.item():g}")
        expect(scaled.requires_grad, f"{told}: the way back to the weights is cut")


def a_good_step_is_the_one_without_a_scaler(given) -> None:
    """With finite gradients the weights end where the optimizer alone takes them."""
    for name, make in _OPTIMIZERS.items():
        factor = 2.0 ** random.randint(4, 16)
        _compare(given, f"{name}, factor {factor:g}, three steps", make, factor, clip=None)


def clipping_sees_the_true_gradient(given) -> None:
    """After unscale_() the gradients have their true length, and step() divides no more."""
    model = _network()
    scaler, optimizer = given.Scaler(1024.0, 10), torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.ones(4, 5), torch.ones(4, 3)
    mse_loss(model(x), y).backward()
    true = _length(model)
    optimizer.zero_grad()
    scaler.scale(mse_loss(model(x), y)).backward()
    scaler.unscale_(optimizer)
    told = f"a gradient of length {true:.3f}, times 1024"
    expect(
        math.isclose(_length(model), true, rel_tol=1e-4),
        f"{told}: after unscale_() its length is {_length(model):.3g}",
    )
    for name, make in _OPTIMIZERS.items():
        _compare(given, f"{name}, factor 1024, clipped to 0.05, three steps", make, 1024.0, clip=0.05)


def what_is_not_finite_skips_the_step(given) -> None:
    """If any gradient holds an inf or a nan, no weight and no state of the optimizer changes."""
    for name, make in _OPTIMIZERS.items():
        for bad in BAD:
            for explicit in (False, True):
                for at in range(len(list(_with_gradient(_network(graded=True))))):
                    _expect_skipped(given, name, make, bad, at, explicit)


def after_a_skip_the_factor_is_half(given) -> None:
    """After a skipped step update() halves the factor, and the next good step is made."""
    for start in (2.0**40, 8.0):
        model = _network()
        scaler, optimizer = given.Scaler(start, 10), torch.optim.SGD(model.parameters(), lr=0.1)
        for skips in (1, 2, 3):
            _step(scaler, optimizer, model, math.nan)
            wanted = start / 2**skips
            told = f"factor {_power(start)}, {skips} skipped"
            expect(scaler.factor == wanted, f"{told}: it is {_power(scaler.factor)} now; {_power(wanted)} was wanted")
        before = _values(model)
        _step(scaler, optimizer, model)
        expect(_moved(before, model), f"factor {_power(start)}, 3 skipped: the good step after them was skipped too")


def after_enough_good_steps_it_doubles(given) -> None:
    """After `interval` good steps the factor doubles, and the count begins anew."""
    for interval in (1, 2, 5):
        steps = 3 * interval + 1
        _expect_factors(given, interval, [True] * steps)


def a_skip_begins_the_count_anew(given) -> None:
    """A skipped step in between begins the count anew."""
    _expect_factors(given, 2, [True, True, False, True, True])
    for interval in (2, 3, 4):
        _expect_factors(given, interval, [True] * (interval - 1) + [False] + [True] * (2 * interval))
        _expect_factors(given, interval, [random.random() < 0.8 for _ in range(20)])


def it_trains_as_float32_does(given) -> None:
    """Under autocast in float16 the weights end within 0.001 of those of float32, also from a factor far too high."""
    for factor in (2.0**16, 2.0**40):
        model = nn.Linear(16, 16)
        twin, start = copy.deepcopy(model), model.weight.detach().clone()
        x, y = torch.randn(64, 16), torch.randn(64, 16)
        _train(twin, x, y, 20)
        scaler = given.Scaler(factor, 1000)
        skipped = _train(model, x, y, 20, scaler)
        told = f"a loss times 1e-6, factor {_power(factor)} at first"
        expect(skipped < 40, f"{told}: 40 steps were skipped, and the factor is {_power(scaler.factor)}")
        off, way = (_most(one, twin.weight) for one in (model.weight, start))
        expect(off < 1e-3, f"{told}: after 20 good steps a weight is off by {off:.2g}; float32 moved them by {way:.2g}")


class _Network(nn.Module):
    """One layer that is used, and one weight that no loss reaches."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Linear(5, 3), nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.used(x)


def _network(graded: bool = False) -> _Network:
    model = _Network()
    if graded:
        model(torch.ones(1, 5)).sum().backward()
    return model


def _groups(model: _Network) -> list[dict]:
    return [{"params": [model.unused, model.used.weight]}, {"params": [model.used.bias], "lr": 0.05}]


_OPTIMIZERS = {
    "SGD with momentum": lambda model: torch.optim.SGD(_groups(model), lr=0.1, momentum=0.9),
    "Adam": lambda model: torch.optim.Adam(_groups(model), lr=0.01),
}


def _with_gradient(model: nn.Module):
    return (weight for weight in model.parameters() if weight.grad is not None)


def _length(model: nn.Module) -> float:
    return math.sqrt(sum(weight.grad.double().square().sum().item() for weight in _with_gradient(model)))


def _values(model: nn.Module) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in model.parameters()]


def _moved(before: list[torch.Tensor], model: nn.Module) -> bool:
    return any(not torch.equal(*pair) for pair in zip(before, model.parameters()))


def _most(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one - other).detach().abs().max().item()


def _power(factor: float) -> str:
    """As a power of two, where it is one."""
    exponent = math.log2(factor) if 0 < factor < math.inf else math.nan
    return f"2^{exponent:g}" if exponent.is_integer() and factor > 1000 else f"{factor:g}"


def _step(scaler, optimizer, model: nn.Module, bad: float | None = None) -> None:
    """One step, whose gradient is made inf or nan if `bad` is."""
    optimizer.zero_grad()
    scaler.scale(model(torch.ones(2, 5)).sum() / 1000).backward()
    if bad is not None:
        model.used.weight.grad[1, 2] = bad
    scaler.step(optimizer)
    scaler.update()


def _compare(given, told: str, make, factor: float, clip: float | None) -> None:
    model = _network()
    twin = copy.deepcopy(model)
    scaler, mine, theirs = given.Scaler(factor, 2), make(model), make(twin)
    for _ in range(3):
        x, y = torch.randn(8, 5), torch.randn(8, 3)
        mine.zero_grad()
        scaler.scale(mse_loss(model(x), y)).backward()
        theirs.zero_grad()
        mse_loss(twin(x), y).backward()
        if clip is not None:
            scaler.unscale_(mine)
            clip_grad_norm_(model.parameters(), clip)
            clip_grad_norm_(twin.parameters(), clip)
        scaler.step(mine)
        scaler.update()
        theirs.step()
    off = max(_most(*pair) for pair in zip(model.parameters(), twin.parameters()))
    expect(off < 1e-4, f"{told}: a weight is off by {off:.2g} from where the optimizer alone takes it")


def _expect_skipped(given, name: str, make, bad: float, at: int, explicit: bool) -> None:
    """That a bad value in gradient number `at` skips the second step; `explicit`: unscale_() is called by hand."""
    model = _network()
    scaler, optimizer = given.Scaler(64.0, 10), make(model)
    _step(scaler, optimizer, model)
    before, state = _values(model), copy.deepcopy(optimizer.state_dict()["state"])
    optimizer.zero_grad()
    scaler.scale(model(torch.ones(2, 5)).sum()).backward()
    gradient = list(_with_gradient(model))[at].grad
    gradient.view(-1)[random.randrange(gradient.numel())] = bad
    told = f"{name}, {bad} in the gradient of shape {tuple(gradient.shape)}"
    if explicit:
        scaler.unscale_(optimizer)
        told += ", unscale_() called"
    scaler.step(optimizer)
    expect(not _moved(before, model), f"{told}: step() changed weights{_worst(model)}")
    after = optimizer.state_dict()["state"]
    same = all(torch.equal(after[key][kind], value) for key in state for kind, value in state[key].items())
    expect(same, f"{told}: step() changed what the optimizer keeps")


def _worst(model: nn.Module) -> str:
    """Tells of a weight that is lost, if one is."""
    values = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    bad = values[~values.isfinite()]
    return f", one of which is {bad[0].item()} now" if len(bad) else ""


def _expect_factors(given, interval: int, steps: list[bool]) -> None:
    """The factor after each step; False: one that has to be skipped."""
    model = _network()
    scaler, optimizer = given.Scaler(8.0, interval), torch.optim.SGD(model.parameters(), lr=1e-6)
    factor, good = 8.0, 0
    for number, fine in enumerate(steps):
        _step(scaler, optimizer, model, None if fine else math.inf)
        good = good + 1 if fine else 0
        if not fine:
            factor /= 2
        elif good == interval:
            factor, good = 2 * factor, 0
        done = " ".join("good" if one else "inf" for one in steps[: number + 1][-8:])
        told = f"factor 8, interval {interval}, {'… ' if number > 7 else ''}{done}"
        expect(scaler.factor == factor, f"{told}: the factor is {scaler.factor:g} now; {factor:g} was wanted")


def _train(model: nn.Linear, x, y, steps: int, scaler=None) -> int:
    """`steps` steps of SGD that move the weights, up to 40 others between them; how many others there were."""
    optimizer = torch.optim.SGD(model.parameters(), lr=2e5)
    done = skipped = 0
    while done < steps and skipped < 40:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16, enabled=scaler is not None):
            loss = 1e-6 * mse_loss(model(x), y)
        if scaler is None:
            loss.backward()
            optimizer.step()
            done += 1
            continue
        before = _values(model)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        moved = _moved(before, model)
        done, skipped = done + moved, skipped + (not moved)
    return skipped
