"""What must hold of make_labels()."""

from __future__ import annotations

import random

import torch
from torch.nn import functional as F

from lessons.kit.properties import expect

LOSSES = ("cross_entropy", "probabilities", "bce_with_logits")


def cross_entropy_gets_positions(given) -> None:
    """For cross_entropy they are int64, of shape (N,)."""
    ys = torch.randint(3, (6,))
    labels = given.make_labels(ys.float()[:, None], "cross_entropy", 3)
    _expect_kind(labels, torch.int64, (6,), "a column of 6 floats")
    expect(labels.tolist() == ys.tolist(), f"of {ys.tolist()} came {labels.tolist()}")


def probabilities_are_rows_of_floats(given) -> None:
    """As probabilities each sample has a row in float32, with a 1 for its class alone."""
    ys = torch.tensor([1, 0, 2, 1])
    labels = given.make_labels(ys, "probabilities", 5)
    _expect_kind(labels, torch.float32, (4, 5), "4 labels of 5 classes")
    for row, y in zip(labels.tolist(), ys.tolist()):
        expect(row == [float(y == k) for k in range(5)], f"for class {y} of 5 came the row {row}")


def bce_gets_a_column_of_floats(given) -> None:
    """For bce_with_logits they are float32, of shape (N, 1)."""
    ys = torch.tensor([1, 0, 0, 1, 1])
    labels = given.make_labels(ys, "bce_with_logits", 2)
    _expect_kind(labels, torch.float32, (5, 1), "5 labels")
    expect(labels.flatten().tolist() == ys.tolist(), f"of {ys.tolist()} came {labels.flatten().tolist()}")


def every_dtype_gives_the_same(given) -> None:
    """Labels of any dtype, flat or in a column, give the same."""
    ys = torch.randint(2, (7,))
    for dtype in (torch.int32, torch.uint8, torch.bool, torch.int16, torch.float16, torch.float32, torch.float64):
        for shape in ((7,), (7, 1)):
            for loss in LOSSES:
                labels = given.make_labels(ys.to(dtype).reshape(shape), loss, 2)
                wanted = given.make_labels(ys, loss, 2)
                told = (
                    f"{loss}, {ys.tolist()} as {str(dtype).removeprefix('torch.')} {shape}: other than from int64 (7,)"
                )
                expect(labels.dtype == wanted.dtype and torch.equal(labels, wanted), told)


def one_sample_keeps_its_axis(given) -> None:
    """A batch of one sample keeps the axis of the batch, and so does an empty one."""
    for samples in (1, 0):
        for shape in ((samples,), (samples, 1)):
            ys = torch.zeros(shape, dtype=torch.int64)
            for loss, wanted in zip(LOSSES, ((samples,), (samples, 3), (samples, 1))):
                got = tuple(given.make_labels(ys, loss, 3).shape)
                expect(got == wanted, f"{loss}, labels of shape {shape}, 3 classes: {got} came, {wanted} was wanted")


def what_is_no_class_is_refused(given) -> None:
    """What is no class raises ValueError: too large, below 0, a fraction, nan."""
    classes = random.randrange(3, 9)
    for bad in (float(classes), -1.0, classes + 200.0, 1.5, 0.999, float("nan")):
        for loss in LOSSES:
            _expect_refused(given, torch.tensor([0.0, bad, 1.0]), loss, classes)
    _expect_refused(given, torch.tensor([0, 2, 1]), "bce_with_logits", 3)
    _expect_refused(given, torch.tensor([0, 1]), "hinge", 2)


def padding_is_for_cross_entropy_alone(given) -> None:
    """−100 stays for cross_entropy, and is refused for the others."""
    ys = torch.tensor([2, -100, 0])
    try:
        labels = given.make_labels(ys, "cross_entropy", 3).tolist()
    except ValueError as error:
        labels = f"ValueError: {error}"
    expect(labels == [2, -100, 0], f"cross_entropy, [2, −100, 0]: {labels} came")
    for loss in LOSSES[1:]:
        _expect_refused(given, torch.tensor([1, -100, 0]), loss, 3)


def the_losses_take_them(given) -> None:
    """torch's losses take them, and positions and probabilities give the same loss."""
    scores, ys = torch.randn(8, 4), torch.randint(4, (8, 1)).double()
    one, other = (F.cross_entropy(scores, given.make_labels(ys, loss, 4)).item() for loss in LOSSES[:2])
    expect(abs(one - other) < 1e-4, f"of positions the loss is {one:.4f}, of probabilities {other:.4f}")
    loss = F.binary_cross_entropy_with_logits(scores[:, :1], given.make_labels(ys > 1, LOSSES[2], 2)).item()
    wanted = F.softplus(torch.where(ys > 1, -1.0, 1.0) * scores[:, :1]).mean().item()
    expect(abs(loss - wanted) < 1e-4, f"bce_with_logits gives {loss:.4f}; {wanted:.4f} was wanted")


def what_it_gets_stays_as_it_was(given) -> None:
    """The labels that it gets are left as they were."""
    for loss in LOSSES:
        ys = torch.tensor([1, 0, 1])
        given.make_labels(ys, loss, 2)
        expect(ys.tolist() == [1, 0, 1], f"{loss}: [1, 0, 1] was {ys.tolist()} after the call")


def _expect_kind(labels, dtype: torch.dtype, shape: tuple[int, ...], told: str) -> None:
    expect(isinstance(labels, torch.Tensor), f"of {told} came {type(labels).__name__}; a tensor was wanted")
    right = labels.dtype == dtype and tuple(labels.shape) == shape
    expect(right, f"of {told} came {labels.dtype} {tuple(labels.shape)}; {dtype} {shape} was wanted")


def _expect_refused(given, ys, loss: str, classes: int) -> None:
    try:
        came = given.make_labels(ys, loss, classes)
    except ValueError:
        return
    told = f"{loss}, {classes} classes, labels {[f'{y:g}' for y in ys.tolist()]}".replace("'", "")
    expect(False, f"{told}: {came.flatten().tolist()[:6]} came; ValueError was wanted")
