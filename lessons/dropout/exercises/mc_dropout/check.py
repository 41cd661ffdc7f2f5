"""What must hold of mc_dropout()."""

from __future__ import annotations

import torch
from torch import nn

from lessons.kit.properties import expect


class _Script(nn.Module):
    """Gives the logits of a list, one entry a call, whatever the input."""

    def __init__(self, logits) -> None:
        super().__init__()
        self.logits, self.calls, self.recorded = logits, 0, False

    def forward(self, x):
        self.recorded = self.recorded or torch.is_grad_enabled()
        self.calls += 1
        return self.logits[(self.calls - 1) % len(self.logits)]


def _network():
    return nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 3))


def it_returns_two_tensors(given) -> None:
    """It returns two tensors of shape [N, C]."""
    for samples, passes in ((5, 4), (2, 2), (3, 1)):
        told = given.mc_dropout(_network().eval(), torch.randn(samples, 6), passes)
        called = f"{samples} samples, 3 classes, {passes} passes"
        expect(
            isinstance(told, tuple) and len(told) == 2, f"{called}: it returned {type(told).__name__}, not two tensors"
        )
        for name, each in zip(("mean", "spread"), told):
            shape = tuple(each.shape)
            expect(shape == (samples, 3), f"{called}: the {name} has shape {shape}, not {(samples, 3)}")


def it_asks_as_often_as_told(given) -> None:
    """The model is called once for each pass."""
    for passes in (1, 3, 10):
        model = _Script([torch.zeros(2, 3)])
        given.mc_dropout(model, torch.zeros(2, 6), passes)
        expect(model.calls == passes, f"passes = {passes}: the model was called {model.calls} times")


def the_mean_is_of_probabilities(given) -> None:
    """The first tensor is the mean of each pass' probabilities."""
    passes = [torch.zeros(1, 2), torch.tensor([[40.0, 0.0]])]
    mean = given.mc_dropout(_Script(passes), torch.zeros(1, 6), 2)[0][0, 0].item()
    expect(
        abs(mean - 0.75) < 1e-4, f"two passes with probabilities 0.5 and 1: the mean came out as {mean:.3f}, not 0.750"
    )
    passes = [2 * torch.randn(4, 3) for _ in range(6)]
    wanted = sum(each.softmax(1) for each in passes) / 6
    off = (given.mc_dropout(_Script(passes), torch.zeros(4, 6), 6)[0] - wanted).abs().max().item()
    expect(off < 1e-5, f"6 passes of random logits [4, 3]: the mean is off by up to {off:.3f}")


def the_spread_is_the_standard_deviation(given) -> None:
    """The second tensor is the standard deviation of those probabilities, and 0 for one pass."""
    passes = [torch.zeros(1, 2), torch.tensor([[40.0, 0.0]])]
    for count, wanted in ((2, 0.25), (1, 0.0)):
        spread = given.mc_dropout(_Script(passes), torch.zeros(1, 6), count)[1][0, 0].item()
        told = "passes with probabilities 0.5 and 1" if count == 2 else "a single pass"
        expect(
            abs(spread - wanted) < 1e-4, f"{told}: the standard deviation came out as {spread:.3f}, not {wanted:.3f}"
        )


def dropout_is_on(given) -> None:
    """Dropout drops, whatever mode the model is in."""
    for training in (True, False):
        model = _network().train(training)
        spread = given.mc_dropout(model, torch.randn(8, 6), 20)[1].max().item()
        told = f"a model in {'train' if training else 'eval'} mode, 20 passes"
        expect(spread > 1e-4, f"{told}: the spread is {spread:.3f} everywhere, so nothing was dropped")


def batchnorm_is_in_eval_mode(given) -> None:
    """BatchNorm uses its running statistics, and they are what they were."""
    for training in (True, False):
        model = _network().train(training)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        given.mc_dropout(model, 5 + torch.randn(8, 6), 3)
        changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
        expect(not changed, f"changed by asking: {', '.join(changed)}")


def every_module_is_back_in_its_mode(given) -> None:
    """Afterwards every module is in the mode that it was in."""
    for training in (True, False):
        model = _network().train(training)
        model[1].eval()  # BatchNorm, frozen
        before = {name: module.training for name, module in model.named_modules()}
        given.mc_dropout(model, torch.randn(4, 6), 2)
        names = {name or "the model": now for name, now in before.items()}
        after = {name or "the model": module.training for name, module in model.named_modules()}
        other = [name for name in names if names[name] != after[name]]
        told = f"a model in {'train' if training else 'eval'} mode with a frozen layer 1"
        expect(not other, f"{told}: left in the other mode: {', '.join(other)}")


def no_gradient_is_recorded(given) -> None:
    """No gradients are recorded on the way, and afterwards they are again."""
    model = _Script([torch.zeros(2, 3)])
    given.mc_dropout(model, torch.zeros(2, 6), 2)
    expect(not model.recorded, "the model was called with gradients on")
    expect(torch.is_grad_enabled(), "after the call gradients are off for good")
