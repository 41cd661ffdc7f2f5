"""What must hold of train()."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_

from lessons.kit.properties import expect

NO_CLIP = 1e9
"""A max_norm that no gradient here reaches, not even times the factor."""


def it_returns_each_batchs_loss(given) -> None:
    """It returns each batch's loss before its step, a Python float."""
    model, batches = _task()
    with torch.no_grad():
        wanted = [mse_loss(model(x), y).item() for x, y in batches[:3]]
    _, losses = _train(given, model, batches[:3], lr=0.0)
    expect(isinstance(losses, list), f"what came back is {type(losses).__name__}; a list was wanted")
    expect(len(losses) == 3, f"of 3 batches came {len(losses)} losses")
    for loss, true in zip(losses, wanted):
        expect(isinstance(loss, float), f"a loss is {type(loss).__name__}, not a float")
        expect(math.isclose(loss, true, rel_tol=0.02), f"a loss of {true:.3f} came back as {loss:.3f}")


def the_weights_stay_float32(given) -> None:
    """The weights stay float32."""
    model, batches = _task()
    _train(given, model, batches)
    kinds = {weight.dtype for weight in model.parameters()}
    expect(kinds == {torch.float32}, f"after training weights are {', '.join(map(str, kinds))}")


def forward_runs_in_float16(given) -> None:
    """The layers compute in float16, and the loss in float32."""
    model, batches = _task()
    seen = []
    model[2].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))

    def loss_fn(output, y):
        loss = mse_loss(output, y)
        seen.append(loss.dtype)
        return loss

    _train(given, model, batches[:1], loss_fn)
    expect(len(seen) == 2, f"for one batch the model and the loss were called {len(seen)} times in all")
    expect(seen[0] == torch.float16, f"the last layer gave {seen[0]}")
    expect(seen[1] == torch.float32, f"the loss was computed in {seen[1]}; under autocast it is in float32")


def backward_runs_outside_of_autocast(given) -> None:
    """The backward pass runs outside of autocast."""
    model, batches = _task()
    inside = []

    def watch(module, inputs, output):
        output.register_hook(lambda gradient: inside.append(torch.is_autocast_enabled("cpu")))

    model[0].register_forward_hook(watch)
    _train(given, model, batches[:3])
    expect(inside, "no gradient came back to the first layer")
    expect(not any(inside), f"autocast was on in {sum(inside)} of {len(inside)} backward passes")


def the_step_is_that_of_float32(given) -> None:
    """One step moves the weights as float32 does, within rounding."""
    _compare(given, 1.0, "one batch", steps=1)


def tiny_gradients_are_not_lost(given) -> None:
    """A tiny loss trains as float32 does too: its gradients are not lost in float16."""
    for small in (1e-5, 1e-7):
        _compare(given, small, f"the loss times {small:g}, 8 batches")


def clipping_is_for_the_true_gradient(given) -> None:
    """Only a gradient longer than max_norm is clipped, and then to max_norm: the gradient without the factor."""
    for share in (20.0, 0.1):
        _compare(given, 1.0, "8 batches", share=share)


def too_high_a_factor_costs_steps_alone(given) -> None:
    """With a factor far too high the first steps are skipped, and the factor comes down."""
    model, batches = _task()
    before = [weight.detach().clone() for weight in model.parameters()]
    scaler, _ = _train(given, model, batches[:4], factor=2.0**60)
    told = "factor 2^60, 4 batches"
    expect(scaler.get_scale() == 2.0**56, f"{told}: the factor is 2^{math.log2(scaler.get_scale()):g}; 2^56 was wanted")
    moved = any(not torch.equal(*pair) for pair in zip(before, model.parameters()))
    expect(not moved, f"{told}: weights have moved; all 4 steps are to be skipped")


def _task() -> tuple[nn.Sequential, list]:
    """A network, and 8 batches whose targets it is far from."""
    model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))
    return model, [(torch.randn(16, 6), 2 + torch.randn(16, 3)) for _ in range(8)]


def _train(given, model, batches, loss_fn=mse_loss, lr=0.05, factor=1024.0, max_norm=NO_CLIP):
    """The scaler afterwards, and what train() returned."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=factor, growth_interval=4)
    return scaler, given.train(model, loss_fn, optimizer, scaler, iter(batches), max_norm)


def _compare(given, small: float, told: str, steps: int = 8, share: float | None = None) -> None:
    """That the weights go the way of float32. `small`: times the loss; lr is divided by it. `share`: of the first
    gradient's length, max_norm."""
    model, batches = _task()
    del batches[steps:]
    twin, start = copy.deepcopy(model), _flat(model)

    def loss_fn(output, y):
        return small * mse_loss(output, y)

    mse_loss(twin(batches[0][0]), batches[0][1]).backward()
    length = math.sqrt(sum(weight.grad.square().sum().item() for weight in twin.parameters()))
    max_norm = NO_CLIP if share is None else share * length
    if share is not None:
        told += f", gradients of a length about {length:.2f}, max_norm {max_norm:.3g}"
    _train_in_float32(twin, loss_fn, batches, 0.05 / small, max_norm)
    factor = 1024.0 if small == 1 else 65536.0
    _train(given, model, batches, loss_fn, 0.05 / small, factor, max_norm)
    way, mine = _flat(twin) - start, _flat(model) - start
    off = ((mine - way).norm() / way.norm()).item()
    lengths = f"float32 moved them by {way.norm():.3g}, this loop by {mine.norm():.3g}"
    expect(off < 0.05, f"{told}: the way of the weights is {100 * off:.3g} % off; {lengths}")


def _train_in_float32(model, loss_fn, batches, lr: float, max_norm: float) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.5)
    for x, y in batches:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()


def _flat(model) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()]).double()
