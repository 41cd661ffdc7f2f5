"""What must hold of epoch_losses()."""

from __future__ import annotations

import copy
import gc
import weakref

import torch
from torch import nn
from torch.nn.functional import mse_loss

from lessons.kit.properties import expect

_NODES = []

gc.freeze()  # what torch brought, some 170,000 objects, need not be gone through at each collection


class _Node(torch.autograd.Function):
    """Passes values and gradients on; its node is seen as long as its graph lives."""

    @staticmethod
    def forward(ctx, x):
        _NODES.append(weakref.ref(ctx))
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class _Watched(nn.Module):
    """A model that notes with each call how many graphs of earlier calls are there."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.alive = nn.Linear(3, 1), []
        _NODES.clear()

    def forward(self, x):
        self.alive.append(_graphs())
        return _Node.apply(self.layer(x))


def _graphs():
    """How many are there. To collect garbage is slow, and only worth it where something is left."""
    if sum(node() is not None for node in _NODES) > 1:
        gc.collect()
    return sum(node() is not None for node in _NODES)


def _task(count):
    model = _Watched()
    batches = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(count)]
    return model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), batches


def _trained(model, batches):
    """The losses of the loop as it should be, on a copy of the model, and that copy."""
    model = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = mse_loss(model.layer(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, model


def it_returns_floats(given) -> None:
    """It returns a list of floats, one for each batch, and a float."""
    for count in (1, 3):
        model, optimizer, batches = _task(count)
        told = given.epoch_losses(model, optimizer, mse_loss, batches)
        whole = isinstance(told, tuple) and len(told) == 2
        expect(whole, f"{count} batches: it returned {type(told).__name__}, not two things")
        losses, mean = told
        expect(isinstance(losses, list), f"{count} batches: the first thing is a {type(losses).__name__}, not a list")
        expect(len(losses) == count, f"{count} batches: the list has {len(losses)} losses")
        kinds = {type(each).__name__ for each in (*losses, mean)}
        expect(
            kinds == {"float"}, f"{count} batches: among what it returned is a {sorted(kinds - {'float'})}, not a float"
        )


def the_losses_are_those_of_the_batches(given) -> None:
    """The losses are what training on these batches gives, in their order."""
    model, optimizer, batches = _task(6)
    wanted, _ = _trained(model, batches)
    losses, _ = given.epoch_losses(model, optimizer, mse_loss, batches)
    for number, (got, right) in enumerate(zip(losses, wanted), 1):
        expect(abs(got - right) < 1e-4 * (1 + right), f"the loss of batch {number} of 6 is {got:.4f}, not {right:.4f}")


def the_model_is_trained(given) -> None:
    """The weights end where training on these batches leads."""
    model, optimizer, batches = _task(6)
    wanted = _trained(model, batches)[1].layer.weight
    given.epoch_losses(model, optimizer, mse_loss, batches)
    off = (model.layer.weight - wanted).abs().max().item()
    expect(off < 1e-4, f"after 6 batches a weight is off by {off:.4f} from where the loop leads")


def the_mean_is_of_all_losses(given) -> None:
    """The second thing is the mean of the losses, and 0.0 where there is no batch."""
    for count in (1, 2, 7):
        model, optimizer, batches = _task(count)
        wanted = sum(_trained(model, batches)[0]) / count
        mean = given.epoch_losses(model, optimizer, mse_loss, batches)[1]
        expect(abs(mean - wanted) < 1e-4 * (1 + wanted), f"{count} batches: the mean is {mean:.4f}, not {wanted:.4f}")
    model, optimizer, _ = _task(0)
    told = given.epoch_losses(model, optimizer, mse_loss, [])
    expect(told == ([], 0.0), f"no batches: it returned {told!r}, not ([], 0.0)")


def no_graph_stays(given) -> None:
    """While a batch is computed, at most the graph of the one before is there."""
    for count in (2, 5):
        model, optimizer, batches = _task(count)
        given.epoch_losses(model, optimizer, mse_loss, iter(batches))
        most = max(model.alive)
        expect(most <= 1, f"{count} batches: {most} graphs of earlier batches were there when one was computed")


def none_is_left_at_the_end(given) -> None:
    """When it is done, no graph is there."""
    model, optimizer, batches = _task(5)
    told = given.epoch_losses(model, optimizer, mse_loss, batches)
    left = _graphs()
    expect(told and left == 0, f"5 batches: {left} graphs were there when the function was done")
