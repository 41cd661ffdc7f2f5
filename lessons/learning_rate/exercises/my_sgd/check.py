"""What must hold of MySGD."""

from __future__ import annotations

import random

import torch

from lessons.kit.properties import expect


def a_plain_step_is_lr_gradients_long(given) -> None:
    """Without momentum a step takes lr times the gradient off w."""
    for shape in ((), (3,), (2, 4), (0,)):
        w = torch.randn(shape, requires_grad=True)
        w.grad = torch.randn(shape)
        lr = random.uniform(0.01, 1.0)
        before, wanted = w.detach().clone(), w.detach() - lr * w.grad
        given.MySGD([w], lr=lr).step()
        told = f"w of shape {shape}, lr = {lr:.3f}, no momentum"
        expect(w.shape == wanted.shape, f"{told}: w has shape {tuple(w.shape)} after step()")
        if w.numel():
            grad, was, came, right = (each.flatten()[0].item() for each in (w.grad, before, w, wanted))
            expect(
                torch.allclose(w, wanted, atol=1e-6),
                f"{told}: gradient {grad:.4f}, w was {was:.4f} and is {came:.4f}; {right:.4f} was wanted",
            )


def momentum_remembers_the_gradients(given) -> None:
    """With momentum, v adds up what the gradients were."""
    w, optimizer = _parameter(given, 2.0, lr=0.1, momentum=0.9)
    for number, wanted in enumerate((1.7, 1.13, 0.317), 1):
        _step(optimizer, (w, 3.0))
        told = f"w = 2, lr = 0.1, momentum = 0.9, gradient 3: after step {number} w is {w.item():.4g}"
        expect(abs(w.item() - wanted) < 1e-5, f"{told}, {wanted} was wanted")


def each_parameter_has_a_memory_of_its_own(given) -> None:
    """What one parameter's gradients were moves no other parameter."""
    first, still, last = (torch.tensor(1.0, requires_grad=True) for _ in range(3))
    optimizer = given.MySGD(iter([first, still, last]), lr=0.1, momentum=0.9)
    for _ in range(3):
        _step(optimizer, (first, 2.0), (still, 0.0), (last, -1.0))
    expect(still.item() == 1, f"gradients 2, 0 and −1 for three steps: the second w was 1 and is {still.item():.4g}")
    wanted = 1 + 0.1 * (1 + 1.9 + 2.71)
    told = f"gradients 2, 0 and −1 for three steps: the third w is {last.item():.4g}, {wanted:.4g} was wanted"
    expect(abs(last.item() - wanted) < 1e-5, told)


def without_a_gradient_nothing_moves(given) -> None:
    """A parameter whose gradient is None stays where it is, with its v."""
    w, optimizer = _parameter(given, 2.0, lr=0.1, momentum=0.9)
    optimizer.step()
    expect(w.item() == 2, f"w.grad is None from the start: w was 2 and is {w.item():.4g} after step()")
    _step(optimizer, (w, 3.0))
    w.grad = None
    before = w.item()
    optimizer.step()
    expect(w.item() == before, f"w.grad is None after one step with 3: w was {before:.4g} and is {w.item():.4g}")
    _step(optimizer, (w, 3.0))
    told = f"gradients 3, None, 3 at lr 0.1 and momentum 0.9: w went from 2 to {w.item():.4g}, 1.13 was wanted"
    expect(abs(w.item() - 1.13) < 1e-5, told)


def a_new_lr_counts_at_once(given) -> None:
    """A new lr counts at once, and for all of v."""
    w, optimizer = _parameter(given, 2.0, lr=0.1, momentum=0.9)
    _step(optimizer, (w, 3.0))
    optimizer.lr = 0.0
    before = w.item()
    _step(optimizer, (w, 3.0))
    expect(w.item() == before, f"after one step lr is set to 0, and the next step moves w by {w.item() - before:.4g}")
    optimizer.lr = 0.01
    _step(optimizer, (w, 3.0))
    told = f"gradient 3, momentum 0.9, lr 0.1, 0, 0.01: w went from 2 to {w.item():.5g}"
    expect(abs(w.item() - 1.6187) < 1e-5, f"{told}, 1.6187 was wanted")


def weight_decay_joins_the_gradient(given) -> None:
    """weight_decay · w is added to the gradient, before momentum."""
    for momentum, wanted in ((0.0, (1.9, 1.805)), (0.5, (1.9, 1.755))):
        w, optimizer = _parameter(given, 2.0, lr=0.1, momentum=momentum, weight_decay=0.5)
        for number, right in enumerate(wanted, 1):
            _step(optimizer, (w, 0.0))
            told = f"w = 2, gradient 0, lr 0.1, momentum {momentum}, weight_decay 0.5: after step {number} w is"
            expect(abs(w.item() - right) < 1e-5, f"{told} {w.item():.5g}, {right} was wanted")


def gradients_are_only_read(given) -> None:
    """.grad is only read, and v is no part of it."""
    w, optimizer = _parameter(given, 2.0, lr=0.1, momentum=0.9, weight_decay=0.5)
    for _ in range(3):
        _step(optimizer, (w, 3.0))
        expect(
            w.grad.item() == 3, f"with momentum and weight decay .grad was 3 and is {w.grad.item():.4g} after step()"
        )
    w, optimizer = _parameter(given, 2.0, lr=0.1, momentum=0.9)
    w.grad = torch.tensor(3.0)
    for number, wanted in enumerate((1.7, 1.43), 1):
        optimizer.step()
        told = f"gradient 3, then zero_grad(set_to_none=False): after step {number} w is {w.item():.4g}"
        expect(abs(w.item() - wanted) < 1e-5, f"{told}, {wanted} was wanted")
        w.grad.zero_()


def twenty_steps_agree_with_torch(given) -> None:
    """For 20 random steps w stands where torch's SGD has it."""
    for momentum, decay in ((0.0, 0.0), (0.9, 0.0), (random.random(), random.uniform(0.01, 0.2))):
        mine = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((), (5,), (3, 2))]
        theirs = [w.detach().clone().requires_grad_() for w in mine]
        optimizer = given.MySGD((w for w in mine), lr=0.05, momentum=momentum, weight_decay=decay)
        reference = torch.optim.SGD(theirs, lr=0.05, momentum=momentum, weight_decay=decay)
        for step in range(1, 21):
            for w, other in zip(mine, theirs):
                w.grad = torch.randn_like(w) if random.random() < 0.9 else None
                other.grad = None if w.grad is None else w.grad.clone()
            optimizer.step()
            reference.step()
            off = max((w - other).abs().max().item() for w, other in zip(mine, theirs))
            told = f"momentum {momentum:.3g}, weight_decay {decay:.3g}: after step {step} of 20 w is off by {off:.3g}"
            expect(off < 1e-8, told)


def nothing_of_it_is_recorded(given) -> None:
    """Parameters stay leaves: no graph grows from step to step."""
    w = torch.randn(3, requires_grad=True)
    optimizer = given.MySGD([w], lr=0.1, momentum=0.9)
    for _ in range(2):
        w.grad = None
        (w**2).sum().backward()
        optimizer.step()
    expect(w.requires_grad, "after step() the parameter has requires_grad=False")
    expect(w.is_leaf, f"after step() the parameter is no leaf; its grad_fn is {w.grad_fn}")


def _parameter(given, start: float, **settings: float):
    w = torch.tensor(start, requires_grad=True)
    return w, given.MySGD([w], **settings)


def _step(optimizer, *gradients) -> None:
    for w, gradient in gradients:
        w.grad = torch.tensor(gradient)
    optimizer.step()
