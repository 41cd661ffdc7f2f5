"""What must hold of my_cross_entropy()."""

from __future__ import annotations

import math
import random

import torch
from torch.nn import functional as F

from lessons.kit.properties import expect


def it_returns_one_number(given) -> None:
    """It returns one number, a tensor of no axis in the dtype of the scores."""
    for dtype in (torch.float32, torch.float64):
        loss = given.my_cross_entropy(torch.randn(4, 3, dtype=dtype), torch.tensor([0, 2, 1, 2]))
        expect(isinstance(loss, torch.Tensor), f"what came back is {type(loss).__name__}; a tensor was wanted")
        expect(loss.shape == (), f"of scores (4, 3) and 4 labels came shape {tuple(loss.shape)}; () was wanted")
        expect(loss.dtype == dtype, f"of scores in {dtype} came {loss.dtype}")


def equal_scores_cost_ln_c(given) -> None:
    """Where all scores are equal, the loss is ln C."""
    for samples, classes in ((1, 2), (4, 3), (7, 10), (2, 1000)):
        scores = torch.full((samples, classes), random.uniform(-3, 3))
        loss = given.my_cross_entropy(scores, torch.randint(classes, (samples,))).item()
        told = f"{samples} samples of {classes} classes, all scores equal: {loss:.4f} came"
        expect(abs(loss - math.log(classes)) < 1e-3, f"{told}, ln {classes} = {math.log(classes):.4f} was wanted")


def a_sure_and_right_model_pays_nothing(given) -> None:
    """The further the right class is above the others, the closer the loss is to 0."""
    for classes in (2, 3, 10):
        label = random.randrange(classes)
        scores = torch.zeros(1, classes)
        scores[0, label] = 50.0
        loss = given.my_cross_entropy(scores, torch.tensor([label])).item()
        expect(
            abs(loss) < 1e-4, f"50 for the right class, 0 for the other {classes - 1}: {loss:.4f} came, 0 was wanted"
        )


def what_is_added_to_all_scores_changes_nothing(given) -> None:
    """A number that is added to all scores changes nothing, however large it is."""
    scores, labels = torch.randn(5, 4, dtype=torch.float64), torch.randint(4, (5,))
    wanted = given.my_cross_entropy(scores, labels).item()
    for add in (-1000.0, 30.0, 1000.0):
        loss = given.my_cross_entropy(scores + add, labels).item()
        expect(abs(loss - wanted) < 1e-6, f"the loss was {wanted:.4f}, and with {add:g} added to all scores {loss:.4f}")


def each_sample_has_its_own_label(given) -> None:
    """Each row goes with its own label: it agrees with torch on random scores."""
    for samples, classes in ((1, 5), (2, 2), (6, 3), (40, 7)):
        scores, labels = 3 * torch.randn(samples, classes), torch.randint(classes, (samples,))
        labels[0], labels[-1] = 0, classes - 1
        _compare(given, scores, labels, f"{samples} samples of {classes} classes")


def padding_is_left_out(given) -> None:
    """Samples with the label −100 change nothing, wherever they stand."""
    for places in ((3,), (0, 1), (1, 3, 4), (0, 2, 3, 4)):
        scores, labels = torch.randn(5, 3), torch.randint(3, (5,))
        labels[list(places)] = -100
        _compare(given, scores, labels, f"labels {labels.tolist()}")


def the_gradient_is_that_of_torch(given) -> None:
    """Its gradient is the one that torch's loss has."""
    labels = torch.tensor([2, 0, -100, 1])
    mine = torch.randn(4, 3, dtype=torch.float64).requires_grad_()
    theirs = mine.detach().clone().requires_grad_()
    given.my_cross_entropy(mine, labels).backward()
    F.cross_entropy(theirs, labels).backward()
    expect(mine.grad is not None, "after backward() the scores have no gradient; the way to the loss is cut")
    came, wanted = mine.grad[0].tolist(), theirs.grad[0].tolist()
    told = f"for a row with label 2 the gradient was {_short(came)}; torch's is {_short(wanted)}"
    expect(torch.allclose(mine.grad, theirs.grad, atol=1e-6), told)


def what_it_gets_stays_as_it_was(given) -> None:
    """Scores and labels are left as they were."""
    scores, labels = torch.randn(4, 3), torch.tensor([2, 0, -100, 1])
    before = scores.clone(), labels.clone()
    given.my_cross_entropy(scores, labels)
    expect(torch.equal(scores, before[0]), "after the call the scores are other numbers than before")
    expect(torch.equal(labels, before[1]), f"the labels were {before[1].tolist()} and are {labels.tolist()} now")


def _compare(given, scores, labels, told: str) -> None:
    wanted = F.cross_entropy(scores, labels).item()
    loss = given.my_cross_entropy(scores.clone(), labels.clone()).item()
    expect(abs(loss - wanted) < 1e-4, f"{told}: {loss:.4f} came, {wanted:.4f} was wanted")


def _short(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
