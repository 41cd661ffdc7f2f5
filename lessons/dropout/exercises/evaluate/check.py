"""What must hold of evaluate()."""

from __future__ import annotations

import math

import torch
from torch import nn

from lessons.kit.properties import expect


class _Fixed(nn.Module):
    """Logits that make class 0 or 1 win, as the first feature says; notes how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = []

    def forward(self, x):
        self.calls.append((self.training, torch.is_grad_enabled()))
        return torch.stack([-x[:, 0], x[:, 0]], dim=1)


def _batches(*sizes):
    """Batches of 6 features and 3 classes."""
    return [(torch.randn(size, 6), torch.randint(0, 3, (size,))) for size in sizes]


def _network():
    return nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 3))


def it_returns_the_share_that_is_right(given) -> None:
    """It returns a number: the share of samples that are right."""
    for right in (0, 3, 8):
        x = torch.ones(8, 2)
        y = torch.tensor([1] * right + [0] * (8 - right))
        share = given.evaluate(_Fixed(), [(x, y)])
        expect(isinstance(share, float), f"it returned {type(share).__name__}, not a float")
        expect(
            math.isclose(share, right / 8),
            f"{right} of 8 samples are right: it returned {share:.3f}, not {right / 8:.3f}",
        )


def every_sample_counts_once(given) -> None:
    """Every sample counts as much as any other, whatever the size of its batch."""
    for sizes in ((4, 2), (32, 1), (5, 5, 3)):
        batches = [(torch.ones(size, 2), torch.ones(size, dtype=torch.long)) for size in sizes]
        batches[-1][1].zero_()
        wanted = sum(sizes[:-1]) / sum(sizes)
        share = given.evaluate(_Fixed(), batches)
        told = f"batches of {', '.join(map(str, sizes))} samples, and only the last one wrong"
        expect(math.isclose(share, wanted), f"{told}: it returned {share:.3f}, not {wanted:.3f}")


def layers_are_in_eval_mode(given) -> None:
    """The model is called in eval mode, so that dropout is off."""
    layer = _Fixed()
    for name, model in (("a model", layer), ("a layer of a model", nn.Sequential(layer))):
        model.train()
        given.evaluate(model, [(torch.ones(3, 2), torch.ones(3, dtype=torch.long))])
        expect(layer.calls, "the model was not called at all")
        in_train = any(training for training, _ in layer.calls)
        expect(not in_train, f"{name}, which was in train mode, was in train mode while it was called")


def no_gradient_is_recorded(given) -> None:
    """No gradients are recorded on the way, and afterwards they are again."""
    model = _Fixed()
    given.evaluate(model, [(torch.ones(3, 2), torch.ones(3, dtype=torch.long))])
    expect(not any(recording for _, recording in model.calls), "the model was called with gradients on")
    expect(torch.is_grad_enabled(), "after the call gradients are off for good")


def the_model_is_back_in_its_mode(given) -> None:
    """A model in train mode is in train mode again, and one in eval mode in eval mode."""
    for training in (True, False):
        model = _network().train(training)
        given.evaluate(model, _batches(8, 4))
        names = {True: "train", False: "eval"}
        told = f"a model in {names[training]} mode was left in {names[not training]} mode"
        expect(model.training == training, told)
        inner = [name for name, module in model.named_modules() if module.training != training]
        expect(not inner, f"{told}, in {len(inner)} of its layers")


def a_frozen_layer_stays_frozen(given) -> None:
    """A layer that was in eval mode inside a model in train mode is so afterwards."""
    model = _network().train()
    model[1].eval()  # BatchNorm, frozen
    given.evaluate(model, _batches(8))
    expect(not model[1].training, "a BatchNorm layer in eval mode, in a model in train mode, was left in train mode")
    expect(model.training and model[3].training, "the rest of that model was left in eval mode; it was in train mode")


def nothing_in_the_model_changes(given) -> None:
    """Parameters and running statistics are what they were."""
    model = _network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    given.evaluate(model, _batches(32, 32, 7))
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    expect(not changed, f"changed by the evaluation: {', '.join(changed)}")
    expect(all(each.grad is None for each in model.parameters()), "a parameter has a gradient after the evaluation")
