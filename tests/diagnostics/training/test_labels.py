"""Losses: each fault is named before torch meets it, each verdict held against what torch does; health is quiet."""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from diagnostics.finding import Finding  # noqa: E402
from diagnostics.training.labels import Labels  # noqa: E402
from diagnostics.training.labels.calls import read, signature_of  # noqa: E402
from diagnostics.training.labels.judge import judge  # noqa: E402

Run = Callable[[], Any]


def out(*shape: int) -> Any:
    """What a model says: numbers with a graph."""
    return torch.linspace(-1, 1, torch.Size(shape).numel()).reshape(shape).requires_grad_()


def sure(*shape: int) -> Any:
    """Probabilities of single yes-or-no questions."""
    return torch.linspace(0.1, 0.9, torch.Size(shape).numel()).reshape(shape).requires_grad_()


def ids(*shape: int, classes: int = 3) -> Any:
    """Class ids."""
    return torch.arange(torch.Size(shape).numel()).reshape(shape) % classes


def yes(*shape: int) -> Any:
    """Labels of zero and one, as floats."""
    return ids(*shape, classes=2).float()


def hot(rows: int, classes: int = 3) -> Any:
    """One-hot labels, as int64."""
    return F.one_hot(ids(rows, classes=classes), classes)


def judged(run: Run) -> tuple[list[Finding], Exception | None]:
    """What the labels' judge says of a loss and its backward, and what torch raised."""
    found: list[Finding] = []
    error: Exception | None = None
    with Labels(found.append), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loss = run()
            if isinstance(loss, torch.Tensor) and loss.requires_grad:
                loss.sum().backward()
        except Exception as raised:
            error = raised
    return found, error


def autocast(run: Run) -> Any:
    """The same under automatic mixed precision."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return run()


def without_grad(run: Run) -> Any:
    """The same without a graph."""
    with torch.no_grad():
        return run()


class Step(torch.autograd.Function):
    """A loss inside of a function of one's own."""

    @staticmethod
    def forward(ctx: Any, logits: Any, labels: Any) -> Any:
        """The loss."""
        return F.cross_entropy(logits, labels)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """No gradient."""
        return None, None


CE, BCE, LOGITS = F.cross_entropy, F.binary_cross_entropy, F.binary_cross_entropy_with_logits
"""Taken by name before the judge comes."""

RAISES: dict[str, tuple[Run, str]] = {
    # dtype of class ids
    "int32 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).int()), "label-dtype"),
    "int16 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).short()), "label-dtype"),
    "int8 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).char()), "label-dtype"),
    "bool ids": (lambda: F.cross_entropy(out(4, 3), ids(4) > 0), "label-dtype"),
    "float32 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).float()), "label-dtype"),
    "float64 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).double()), "label-dtype"),
    "float16 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).half()), "label-dtype"),
    "bfloat16 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).bfloat16()), "label-dtype"),
    "complex ids": (lambda: F.cross_entropy(out(4, 3), ids(4).to(torch.complex64)), "label-dtype"),
    "uint16 ids": (lambda: F.cross_entropy(out(4, 3), ids(4).to(torch.uint16)), "label-dtype"),
    "int32 ids, smoothed": (lambda: F.cross_entropy(out(4, 3), ids(4).int(), label_smoothing=0.1), "label-dtype"),
    "int32 ids without a graph": (
        lambda: without_grad(lambda: F.cross_entropy(out(4, 3), ids(4).int())),
        "label-dtype",
    ),
    "int32 ids under AMP": (lambda: autocast(lambda: F.cross_entropy(out(4, 3), ids(4).int())), "label-dtype"),
    "int32 ids in a module": (lambda: nn.CrossEntropyLoss()(out(4, 3), ids(4).int()), "label-dtype"),
    "int32 ids by keyword": (lambda: F.cross_entropy(target=ids(4).int(), input=out(4, 3)), "label-dtype"),
    "int32 ids in a function of autograd": (lambda: Step.apply(out(4, 3), ids(4).int()), "label-dtype"),
    "int32 ids, taken by name": (lambda: CE(out(4, 3), ids(4).int()), "label-dtype"),
    "int32 ids for nll_loss": (lambda: F.nll_loss(out(4, 3).log_softmax(1), ids(4).int()), "label-dtype"),
    "float ids for NLLLoss": (lambda: nn.NLLLoss()(out(4, 3).log_softmax(1), ids(4).float()), "label-dtype"),
    "int32 masks": (lambda: F.cross_entropy(out(2, 3, 4, 4), ids(2, 4, 4).int()), "label-dtype"),
    "uint8 masks": (lambda: F.cross_entropy(out(2, 3, 4, 4), ids(2, 4, 4).byte()), "label-dtype"),
    "uint8 tags": (lambda: F.cross_entropy(out(2, 3, 5), ids(2, 5).byte()), "label-dtype"),
    "float masks": (lambda: F.cross_entropy(out(2, 3, 4, 4), ids(2, 4, 4).float()), "label-dtype"),
    "a single int32 id": (lambda: F.cross_entropy(out(3), torch.tensor(1).int()), "label-dtype"),
    "int32 ids for multi_margin": (lambda: F.multi_margin_loss(out(4, 3), ids(4).int()), "label-dtype"),
    "a list": (lambda: F.cross_entropy(out(4, 3), [0, 1, 2, 0]), "label-no-tensor"),
    "a numpy array": (lambda: F.cross_entropy(out(4, 3), ids(4).numpy()), "label-no-tensor"),
    # shape of class ids
    "a column": (lambda: F.cross_entropy(out(4, 3), ids(4, 1)), "label-shape"),
    "a column for nll_loss": (lambda: F.nll_loss(out(4, 3).log_softmax(1), ids(4, 1)), "label-shape"),
    "masks with a channel": (lambda: F.cross_entropy(out(2, 3, 4, 4), ids(2, 1, 4, 4)), "label-shape"),
    "another batch": (lambda: F.cross_entropy(out(4, 3), ids(3)), "label-shape"),
    "one label without a batch": (lambda: F.cross_entropy(out(1, 3), torch.tensor(1)), "label-shape"),
    "no sequence in the input": (lambda: F.cross_entropy(out(10, 3), ids(2, 5)), "label-shape"),
    "no sequence in the labels": (lambda: F.cross_entropy(out(2, 5, 3), ids(10)), "label-shape"),
    "masks of another size": (lambda: F.cross_entropy(out(2, 3, 8, 8), ids(2, 4, 4)), "label-shape"),
    "one-hot of other classes": (lambda: F.cross_entropy(out(4, 3), hot(4, 5).float()), "label-shape"),
    "several labels for one row": (lambda: F.cross_entropy(out(3), ids(3)), "label-shape"),
    "two labels for one sample": (lambda: F.cross_entropy(out(3), ids(2)), "label-shape"),
    "a column for multi_margin": (lambda: F.multi_margin_loss(out(4, 3), ids(4, 1)), "label-shape"),
    # the class axis
    "tokens before classes": (lambda: F.cross_entropy(out(2, 5, 7), ids(2, 5)), "class-axis"),
    "channels last": (lambda: F.cross_entropy(out(2, 4, 4, 3), ids(2, 4, 4)), "class-axis"),
    "tokens before classes, nll": (lambda: F.nll_loss(out(2, 5, 7).log_softmax(2), ids(2, 5)), "class-axis"),
    # range
    "ids from one": (lambda: F.cross_entropy(out(4, 3), torch.tensor([1, 2, 3, 1])), "label-range"),
    "an id below zero": (lambda: F.cross_entropy(out(4, 3), torch.tensor([0, -1, 2, 1])), "label-range"),
    "an id too great": (lambda: F.nll_loss(out(4, 3), torch.tensor([0, 7, 2, 1])), "label-range"),
    "masks with 255": (lambda: F.cross_entropy(out(1, 3, 2, 2), torch.tensor([[[0, 255], [1, 2]]])), "label-range"),
    "uint8 ids too great": (lambda: F.cross_entropy(out(2, 3), torch.tensor([1, 9]).byte()), "label-range"),
    "an id too great under AMP": (
        lambda: autocast(lambda: F.cross_entropy(out(2, 3), torch.tensor([1, 3]))),
        "label-range",
    ),
    "an id too great for a margin": (lambda: F.multi_margin_loss(out(2, 3), torch.tensor([1, 3])), "label-range"),
    "one output and two labels": (lambda: F.cross_entropy(out(4, 1), ids(4, classes=2)), "one-class-head"),
    "one channel and int masks": (lambda: F.cross_entropy(out(2, 1, 4, 4), ids(2, 1, 4, 4)), "one-class-head"),
    # one-hot and probabilities
    "one-hot as int64": (lambda: F.cross_entropy(out(4, 3), hot(4)), "label-one-hot"),
    "one-hot as bool": (lambda: F.cross_entropy(out(4, 3), hot(4).bool()), "label-one-hot"),
    "multi-hot as int64": (lambda: F.cross_entropy(out(2, 3), torch.tensor([[1, 1, 0], [0, 1, 1]])), "label-one-hot"),
    "probabilities and ignore_index": (
        lambda: F.cross_entropy(out(4, 3), hot(4).float(), ignore_index=0),
        "label-probabilities",
    ),
    "swapped": (lambda: F.cross_entropy(ids(4), out(4, 3)), "loss-arguments"),
    "argmax before the loss": (lambda: F.cross_entropy(out(4, 3).argmax(1, keepdim=True), ids(4)), "loss-arguments"),
    # weights
    "weights of another count": (lambda: F.cross_entropy(out(4, 3), ids(4), weight=torch.ones(2)), "class-weight"),
    "weights in float64": (lambda: F.cross_entropy(out(4, 3), ids(4), weight=torch.ones(3).double()), "class-weight"),
    "counts for weights": (lambda: F.cross_entropy(out(4, 3), ids(4), torch.tensor([1, 2, 3])), "class-weight"),
    # yes or no
    "int64 for logits": (lambda: F.binary_cross_entropy_with_logits(out(4), ids(4, classes=2)), "bce-integer-target"),
    "bool for logits": (lambda: F.binary_cross_entropy_with_logits(out(4), yes(4) > 0), "bce-integer-target"),
    "uint8 for logits": (lambda: nn.BCEWithLogitsLoss()(out(4), yes(4).byte()), "bce-integer-target"),
    "int64 for logits without a graph": (
        lambda: without_grad(lambda: LOGITS(out(4), ids(4, classes=2))),
        "bce-integer-target",
    ),
    "int64 for probabilities": (lambda: F.binary_cross_entropy(sure(4), ids(4, classes=2)), "bce-integer-target"),
    "bool for probabilities": (lambda: nn.BCELoss()(sure(4), yes(4) > 0), "bce-integer-target"),
    "float64 for probabilities": (lambda: F.binary_cross_entropy(sure(4), yes(4).double()), "target-float64"),
    "float16 for probabilities": (lambda: F.binary_cross_entropy(sure(4), yes(4).half()), "label-dtype"),
    "a row for a column": (lambda: F.binary_cross_entropy_with_logits(out(4, 1), yes(4)), "label-shape"),
    "a column for a row": (lambda: F.binary_cross_entropy(sure(4), yes(4, 1)), "label-shape"),
    "ids for two logits": (lambda: F.binary_cross_entropy_with_logits(out(4, 2), yes(4)), "label-shape"),
    "logits for probabilities": (lambda: BCE(out(4), yes(4)), "bce-input-range"),
    "2 for probabilities": (lambda: F.binary_cross_entropy(sure(2), torch.tensor([1.0, 2.0])), "label-range"),
    # numbers
    "sizes that do not fit": (lambda: F.mse_loss(out(4, 3), torch.ones(4, 2)), "label-shape"),
    "int64 for int64": (lambda: F.mse_loss(ids(4), ids(4)), "label-dtype"),
    "bool for l1": (lambda: F.l1_loss(out(4), yes(4) > 0), "label-dtype"),
    "int64 for huber": (lambda: F.huber_loss(out(4), ids(4)), "label-dtype"),
    "float64 for huber": (lambda: F.huber_loss(out(4), yes(4).double()), "target-float64"),
    "ids for kl_div": (lambda: F.kl_div(out(4, 3).log_softmax(1), hot(4), reduction="batchmean"), "label-dtype"),
}

SILENT: dict[str, tuple[Run, str]] = {
    "all ignored": (lambda: F.cross_entropy(out(2, 3), torch.tensor([-100, -100])), "all-ignored"),
    "all padding": (lambda: nn.CrossEntropyLoss(ignore_index=0)(out(2, 3), torch.tensor([0, 0])), "all-ignored"),
    "all ignored for nll": (lambda: F.nll_loss(out(2, 3).log_softmax(1), torch.tensor([-100, -100])), "all-ignored"),
    "scores for probabilities": (lambda: F.cross_entropy(out(4, 3), 100 * yes(4, 3)), "label-probabilities"),
    "multi-hot for probabilities": (
        lambda: F.cross_entropy(out(2, 3), torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])),
        "label-probabilities",
    ),
    "numbers for probabilities": (lambda: F.cross_entropy(out(4), torch.arange(4.0)), "label-probabilities"),
    "logits for probabilities": (lambda: F.cross_entropy(out(4, 3), out(4, 3).detach()), "label-probabilities"),
    "one-hot in float64": (lambda: F.cross_entropy(out(4, 3), hot(4).double()), "target-float64"),
    "one output": (lambda: F.cross_entropy(out(4, 1), torch.zeros(4).long()), "one-class-head"),
    "one output, floats": (lambda: F.cross_entropy(out(4, 1), yes(4, 1)), "one-class-head"),
    "one channel": (lambda: F.cross_entropy(out(2, 1, 4, 4), yes(2, 1, 4, 4)), "one-class-head"),
    "float64 for logits": (lambda: F.binary_cross_entropy_with_logits(out(4), yes(4).double()), "target-float64"),
    "2 for logits": (lambda: F.binary_cross_entropy_with_logits(out(2), torch.tensor([0.0, 2.0])), "label-range"),
    "255 for logits": (lambda: F.binary_cross_entropy_with_logits(out(2), torch.tensor([0.0, 255.0])), "label-range"),
    "-1 for logits": (lambda: nn.BCEWithLogitsLoss()(out(2), torch.tensor([-1.0, 1.0])), "label-range"),
    "a column against a row": (lambda: F.mse_loss(out(4, 1), torch.ones(4)), "loss-broadcast"),
    "a row against a column": (lambda: F.l1_loss(out(4), torch.ones(4, 1)), "loss-broadcast"),
    "a column against a row, smooth": (lambda: F.smooth_l1_loss(out(4, 1), torch.ones(4)), "loss-broadcast"),
    "a column against a row, huber": (lambda: nn.HuberLoss()(out(4, 1), torch.ones(4)), "loss-broadcast"),
    "a column against a row, gaussian": (
        lambda: F.gaussian_nll_loss(out(4, 1), torch.ones(4), torch.ones(4, 1)),
        "loss-broadcast",
    ),
    "a column against a row, poisson": (lambda: F.poisson_nll_loss(out(4, 1), torch.ones(4)), "loss-broadcast"),
    "all values against one": (lambda: F.mse_loss(out(4, 6), torch.ones(4, 1)), "loss-broadcast"),
    "images without a channel": (lambda: F.mse_loss(out(4, 1, 5, 5), torch.ones(4, 5, 5)), "loss-broadcast"),
    "as many outputs as rows": (lambda: F.mse_loss(out(4, 4), torch.ones(4)), "loss-broadcast"),
    "float64 for mse": (lambda: F.mse_loss(out(4), torch.ones(4).double()), "target-float64"),
    "float64 for l1": (lambda: nn.L1Loss()(out(4), torch.ones(4).double()), "target-float64"),
    "float64 for huber without a graph": (
        lambda: without_grad(lambda: F.huber_loss(out(4), torch.ones(4).double())),
        "target-float64",
    ),
    "probabilities for kl_div": (
        lambda: F.kl_div(out(4, 3).softmax(1), out(4, 3).softmax(1).detach(), reduction="batchmean"),
        "kl-div-input",
    ),
    "zeros for signs": (lambda: F.soft_margin_loss(out(4), yes(4)), "label-signs"),
    "zeros for cosines": (lambda: F.cosine_embedding_loss(out(4, 3), out(4, 3), yes(4)), "label-signs"),
    "a class too many for ctc": (
        lambda: F.ctc_loss(out(9, 1, 4).log_softmax(2), torch.tensor([[1, 4]]), torch.tensor([9]), torch.tensor([2])),
        "label-range",
    ),
    "a blank in the labels": (
        lambda: F.ctc_loss(out(9, 1, 4).log_softmax(2), torch.tensor([[1, 0]]), torch.tensor([9]), torch.tensor([2])),
        "ctc-blank",
    ),
}

HEALTHY: dict[str, Run] = {
    "class ids": lambda: F.cross_entropy(out(4, 3), ids(4)),
    "uint8 ids": lambda: F.cross_entropy(out(4, 3), ids(4).byte()),
    "uint8 ids, smoothed": lambda: F.cross_entropy(out(4, 3), ids(4).byte(), label_smoothing=0.1),
    "uint8 ids with 255 ignored": lambda: F.cross_entropy(out(2, 3), torch.tensor([1, 255]).byte(), ignore_index=255),
    "masks": lambda: F.cross_entropy(out(2, 3, 4, 4), ids(2, 4, 4)),
    "masks with a border": lambda: F.cross_entropy(
        out(1, 3, 2, 2), torch.tensor([[[0, 255], [1, 2]]]), ignore_index=255
    ),
    "volumes": lambda: F.cross_entropy(out(2, 3, 2, 2, 2), ids(2, 2, 2, 2)),
    "tokens, transposed": lambda: F.cross_entropy(out(2, 5, 7).transpose(1, 2), ids(2, 5)),
    "tokens, flat": lambda: F.cross_entropy(out(2, 5, 7).flatten(0, 1), ids(2, 5).flatten()),
    "tokens with padding": lambda: F.cross_entropy(out(3, 7), torch.tensor([1, -100, 2])),
    "as many tokens as classes": lambda: F.cross_entropy(out(2, 5, 5), ids(2, 5)),
    "one sample": lambda: F.cross_entropy(out(3), torch.tensor(1)),
    "mixup": lambda: F.cross_entropy(out(4, 3), 0.3 * hot(4) + 0.7 * hot(4).flip(0)),
    "smoothed by hand": lambda: F.cross_entropy(out(4, 3), 0.9 * hot(4) + 0.1 / 3),
    "smoothed by hand, not to one": lambda: F.cross_entropy(out(4, 10), hot(4, 10) * 0.9 + 0.001),
    "smoothed": lambda: nn.CrossEntropyLoss(label_smoothing=0.1)(out(4, 3), ids(4)),
    "one-hot floats": lambda: F.cross_entropy(out(4, 3), hot(4).float()),
    "one-hot in half": lambda: F.cross_entropy(out(4, 3), hot(4).half()),
    "probabilities with rows left out": lambda: F.cross_entropy(
        out(2, 3), torch.tensor([[0.0, 0, 0], [0.2, 0.3, 0.5]])
    ),
    "weights": lambda: F.cross_entropy(out(4, 3), ids(4), weight=torch.tensor([1.0, 2.0, 0.5])),
    "sums over padding alone": lambda: F.cross_entropy(out(2, 3), torch.tensor([-100, -100]), reduction="sum"),
    "an empty batch": lambda: F.cross_entropy(out(0, 3), ids(0)),
    "an empty batch of numbers": lambda: F.mse_loss(out(0, 1), torch.ones(0, 1)),
    "contrast with one row left": lambda: F.cross_entropy(out(1, 1), torch.tensor([0])),
    "log probabilities": lambda: F.nll_loss(out(4, 3).log_softmax(1), ids(4)),
    "under AMP": lambda: autocast(lambda: F.cross_entropy(nn.Linear(3, 3)(out(4, 3)), ids(4))),
    "yes or no": lambda: F.binary_cross_entropy_with_logits(out(4), yes(4)),
    "yes or no in half": lambda: F.binary_cross_entropy_with_logits(out(4), yes(4).half()),
    "soft yes": lambda: F.binary_cross_entropy_with_logits(out(4), 0.8 * yes(4) + 0.1),
    "several labels": lambda: F.binary_cross_entropy_with_logits(out(4, 3), yes(4, 3)),
    "several labels, weighed": lambda: LOGITS(out(4, 3), yes(4, 3), pos_weight=torch.ones(3)),
    "probabilities": lambda: F.binary_cross_entropy(sure(4, 1), yes(4, 1)),
    "numbers": lambda: F.mse_loss(out(4), torch.ones(4)),
    "a column of numbers": lambda: F.mse_loss(out(4, 1), torch.ones(4, 1)),
    "whole numbers": lambda: F.mse_loss(out(4), ids(4)),
    "a model in float64": lambda: F.mse_loss(out(4).double(), torch.ones(4).double()),
    "one value for all": lambda: F.mse_loss(out(4, 1), torch.tensor(1.0)),
    "one value for all, as an array of one": lambda: F.mse_loss(out(4, 1), torch.ones(1)),
    "a point against many": lambda: F.mse_loss(out(3), torch.ones(5, 3)),
    "one row of one": lambda: F.mse_loss(out(1, 1), torch.ones(1)),
    "numbers without a dimension": lambda: F.l1_loss(out(4).mean(), torch.tensor(0.5)),
    "huber": lambda: F.huber_loss(out(4), torch.ones(4)),
    "a variance for all": lambda: F.gaussian_nll_loss(out(4, 2), torch.ones(4, 2), torch.ones(4, 1)),
    "counts": lambda: F.poisson_nll_loss(out(4), ids(4).float()),
    "distillation": lambda: F.kl_div(out(4, 3).log_softmax(1), out(4, 3).softmax(1).detach(), reduction="batchmean"),
    "distillation in logs": lambda: F.kl_div(
        out(4, 3).log_softmax(1), out(4, 3).log_softmax(1).detach(), log_target=True, reduction="batchmean"
    ),
    "signs": lambda: F.soft_margin_loss(out(4), 2 * yes(4) - 1),
    "pairs": lambda: F.cosine_embedding_loss(out(4, 3), out(4, 3), 2 * yes(4) - 1),
    "margins": lambda: F.multi_margin_loss(out(4, 3), ids(4)),
    "padded labels for ctc": lambda: F.ctc_loss(
        out(9, 2, 4).log_softmax(2), torch.tensor([[1, 2, 3], [1, 0, 0]]), torch.tensor([9, 9]), torch.tensor([3, 1])
    ),
    "joined labels for ctc": lambda: F.ctc_loss(
        out(9, 2, 4).log_softmax(2), torch.tensor([1, 2, 3, 1]), (9, 9), (3, 1)
    ),
    "triplets": lambda: F.triplet_margin_loss(out(4, 3), out(4, 3), out(4, 3)),
}


@pytest.mark.parametrize("case", RAISES)
def test_what_torch_refuses_is_named_first(case: str) -> None:
    """One finding, of status fail; torch then raises."""
    run, expected = RAISES[case]
    found, error = judged(run)
    assert [(each.id, each.status) for each in found] == [(expected, "fail")]
    assert error is not None


@pytest.mark.parametrize("case", SILENT)
def test_what_torch_takes_in_silence_is_warned_of(case: str) -> None:
    """One finding, of status warn; torch raises nothing."""
    run, expected = SILENT[case]
    found, error = judged(run)
    assert [(each.id, each.status) for each in found] == [(expected, "warn")]
    assert error is None


@pytest.mark.parametrize("case", HEALTHY)
def test_a_healthy_loss_is_left_in_peace(case: str) -> None:
    """No finding, and torch raises nothing."""
    found, error = judged(HEALTHY[case])
    assert (found, error) == ([], None)


INPUTS = ((3,), (1,), (4, 3), (4, 1), (1, 3), (4, 4), (2, 5, 7), (2, 3, 4, 4), (0, 3))
TARGETS = (
    (),
    (1,),
    (3,),
    (4,),
    (4, 1),
    (4, 3),
    (4, 4),
    (1, 3),
    (2, 5),
    (2, 5, 7),
    (2, 4, 4),
    (2, 1, 4, 4),
    (0,),
    (0, 3),
)
DTYPES = (torch.int64, torch.uint8, torch.int32, torch.bool, torch.float32, torch.float64, torch.float16)
TRIED = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "huber_loss",
    "kl_div",
    "soft_margin_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TRIED)
def test_a_verdict_of_fail_is_torchs_own(name: str) -> None:
    """Over shapes and dtypes: where torch raises, forward or back, there is a fail, and nowhere else."""
    function = getattr(F, name)
    signature = signature_of(function)
    wrong = []
    for size, wanted, dtype in itertools.product(INPUTS, TARGETS, DTYPES):
        given, target = sure(*size), torch.zeros(wanted).to(dtype)
        fails = any(verdict.status == "fail" for verdict in judge(read(name, signature, (given, target), {})))
        if fails != raises(lambda given=given, target=target: function(given, target).sum().backward()):
            wrong.append((size, wanted, dtype, "said" if fails else "not said"))
    assert wrong == []


def raises(step: Run) -> bool:
    """Whether torch refuses the step."""
    try:
        step()
    except (RuntimeError, ValueError, IndexError):
        return True
    return False


@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 4)])
def test_probabilities_in_nll_loss_are_told_and_their_logarithms_are_not(shape: tuple[int, ...]) -> None:
    """For a batch, one sample and pixels; logarithms may be 0, or of rows that were never normed."""
    axis, target = (1, ids(shape[0], *shape[2:])) if len(shape) > 1 else (0, torch.tensor(1))
    found, error = judged(lambda: F.nll_loss(out(*shape).softmax(axis), target))
    assert error is None
    assert [(one.id, one.status) for one in found] == [("nll-of-probabilities", "warn")]
    assert "log_softmax" in found[0].fix[0].text
    for scores in (out(*shape).log_softmax(axis), torch.zeros(shape, requires_grad=True), out(*shape), sure(*shape)):
        assert judged(functools.partial(F.nll_loss, scores, target)) == ([], None)
