"""A softmax or a sigmoid before a loss that has its own in it, and nll_loss of what are no log-probabilities.

They judge where a graph is made, and values may be read. What was applied last is read from the graph; where that is
hidden by a reshape, a softmax is known by its values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from diagnostics.training.labels.calls import LossCall, Verdict, span

LESSON = "labels_and_losses#what-the-loss-does-itself"

ROUNDED = 0.02
"""What rows of a softmax in 16 bits may miss 1 by."""

FAR_FROM_ONE = 0.1
ABOVE_NOTHING = 0.01
"""Logarithms of probabilities are 0 at most, but for rounding."""


def judge_logits(call: LossCall) -> Iterator[Verdict]:
    """cross_entropy: a softmax before it makes two."""
    last = _last(call.input)
    by_values = last != "LogSoftmax" and last != "Sigmoid" and call.input.dim() == 2 and _is_softmax(call.input, 1)
    if last == "Softmax" or by_values:
        classes = call.input.shape[1 if call.input.dim() > 1 else 0]
        low, high = span(call.input) or (0.0, 0.0)
        floor = math.log(math.e + int(classes) - 1) - 1  # -log softmax of a one among zeros
        yield Verdict(
            "softmax-before-cross-entropy",
            "warn",
            "{input} went through a softmax, and cross_entropy has its own",
            "Two softmaxes make the gradients small and keep the loss high, however sure the model is.",
            advice=("take the softmax out, and give cross_entropy the logits",),
            evidence=(
                f"values {low:.4g} to {high:.4g}" + (", each row sums to 1" if _is_softmax(call.input, 1) else ""),
                f"with {classes} classes the loss cannot fall below {floor:.4g}",
            ),
            on="input",
            lesson=LESSON,
            verify="the input of cross_entropy has values below 0 and above 1",
        )


def judge_binary(call: LossCall) -> Iterator[Verdict]:
    """binary_cross_entropy_with_logits: a sigmoid before it makes two."""
    if _last(call.input) not in ("Sigmoid", "Softmax"):
        return
    low, high = span(call.input) or (0.0, 0.0)
    name = _last(call.input).lower()
    yield Verdict(
        "sigmoid-before-bce-logits",
        "warn",
        f"{{input}} went through a {name}, and binary_cross_entropy_with_logits has its own sigmoid",
        "Of a number between 0 and 1 the second sigmoid makes one between 0.5 and 0.73: no label can be hit.",
        advice=(f"take the {name} out, or use F.binary_cross_entropy (nn.BCELoss)",),
        evidence=(
            f"values {low:.4g} to {high:.4g}",
            "with labels 0 the loss cannot fall below 0.6931, with 1 below 0.3133",
        ),
        on="input",
        lesson=LESSON,
        verify="the input of the loss has values below 0 and above 1",
    )


def judge_logarithms(call: LossCall) -> Iterator[Verdict]:
    """nll_loss: its input is log_softmax over the classes."""
    scores = call.input
    if not scores.is_floating_point() or scores.dim() < 2 or not scores.numel():
        return
    sums = scores.detach().float().exp().sum(dim=1)
    low, high = span(scores) or (0.0, 0.0)
    if bool(((sums - 1).abs() < FAR_FROM_ONE).float().mean() > 0.5):
        return
    seen = (
        f"values {low:.4g} to {high:.4g}; exp() of a sample sums to {sums.min().item():.4g} to {sums.max().item():.4g}"
    )
    if scores.shape[0] > 1 and bool(((scores.detach().float().exp().sum(dim=0) - 1).abs() < ROUNDED).all()):
        yield Verdict(
            "log-softmax-over-batch",
            "warn",
            "{input} is a log_softmax over the batch, and not over the classes",
            "Each class is shared out among the samples: the prediction of a sample depends on the others.",
            advice=("take it over the classes: dim=1",),
            evidence=(seen, "exp() of a class sums to 1 over the batch"),
            on="input",
            lesson=LESSON,
            verify="exp() of the input sums to 1 in each row",
        )
    elif high > ABOVE_NOTHING and not (low >= 0 and high <= 1):
        yield Verdict(
            "nll-of-logits",
            "warn",
            "{input} holds no log-probabilities, and nll_loss takes nothing else",
            "nll_loss only picks the number of the right class: without log_softmax it falls without end.",
            advice=("use cross_entropy (nn.CrossEntropyLoss), or F.log_softmax(..., dim=1) before nll_loss",),
            evidence=(seen,),
            on="input",
            lesson=LESSON,
            verify="exp() of the input sums to 1 in each row",
        )


def _last(tensor: torch.Tensor) -> str:
    """What computed it, as "Softmax"; "" without a graph."""
    return tensor.grad_fn.name().partition("Backward")[0] if tensor.grad_fn is not None else ""


def _is_softmax(scores: torch.Tensor, axis: int) -> bool:
    values = scores.detach()
    if values.dim() <= axis or min(values.shape) < 2 or not values.is_floating_point() or not (values >= 0).all():
        return False
    return bool(((values.float().sum(dim=axis) - 1).abs() < ROUNDED).all()) and bool((values != values[:1]).any())
