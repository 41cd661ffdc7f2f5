"""What must hold of step()."""

from __future__ import annotations

import torch

from lessons.kit.properties import expect


def it_returns_a_tensor_of_the_same_shape(given) -> None:
    """It returns a tensor of the shape of w."""
    for shape in ((3,), (2, 4), ()):
        w = torch.randn(shape)
        after = given.step(w, torch.randn(shape), 0.1)
        expect(isinstance(after, torch.Tensor), f"it returned {type(after).__name__}, not a tensor")
        expect(after.shape == w.shape, f"w has the shape {tuple(shape)}, and what came {tuple(after.shape)}")


def it_goes_against_the_gradient(given) -> None:
    """It goes against the gradient, by lr times as much."""
    for lr in (0.5, 0.1, 2.0):
        w, gradient = torch.randn(5), torch.randn(5)
        after, wanted = given.step(w.clone(), gradient, lr), w - lr * gradient
        seen = f"w = {w[0]:.2f}, gradient {gradient[0]:.2f}, lr = {lr}: {after[0]:.2f} came, {wanted[0]:.2f} was wanted"
        expect(torch.allclose(after, wanted), seen)


def what_was_given_stays(given) -> None:
    """The tensors that were given stay as they were."""
    w, gradient = torch.tensor([1.0, 2.0]), torch.tensor([2.0, -4.0])
    given.step(w, gradient, 0.5)
    expect(w.tolist() == [1.0, 2.0], f"w was [1.0, 2.0] before and {w.tolist()} afterwards")
    expect(gradient.tolist() == [2.0, -4.0], f"the gradient was [2.0, -4.0] before and {gradient.tolist()} afterwards")
