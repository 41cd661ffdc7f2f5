"""Probabilities where they belong, and where they do not.

cross_entropy takes one for each class: the target has the shape of the input, and is floating. nll_loss takes their
logarithms for its input.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from diagnostics.training.labels import classes
from diagnostics.training.labels.calls import Change, LossCall, Verdict, dtype, span
from diagnostics.training.labels.classes import float64, no_classes, not_scores, one_class, one_class_head

FAR_FROM_ONE = 0.1
"""Rows of probabilities may miss 1 by rounding and by home-made smoothing."""

ROUNDED = 0.02
"""What rows of a softmax in 16 bits may miss 1 by."""


def judge(call: LossCall) -> Iterator[Verdict]:
    """What is wrong with a call whose target has the shape of its input; nothing where all is well."""
    refused = not_scores(call)
    if refused is not None:
        yield refused
        return
    logits, target = call.input, call.target
    if one_class(logits):
        yield one_class_head(call, "warn" if target.is_floating_point() else "fail")
        return
    if not target.is_floating_point():
        yield _not_probabilities(call)
        return
    if call.options.get("ignore_index", -100) >= 0:
        yield Verdict(
            "label-probabilities",
            "fail",
            "{target} holds probabilities, and ignore_index works with class ids alone",
            "A target in the input's shape is read as probabilities, and none of them is an id to ignore.",
            (Change("target", "{}.argmax(dim=1)", "class ids, if it is one-hot"),),
        )
    if target.dtype == torch.float64 and logits.dtype != torch.float64:
        yield float64(call)
    if call.look and target.numel():
        yield from _sums(call)


def judge_nll(call: LossCall) -> Iterator[Verdict]:
    """nll_loss: class ids, and the logarithms of probabilities, of which none is above 0."""
    yield from classes.judge(call)
    scores = call.input
    if not call.look or not scores.is_floating_point() or not scores.numel() or scores.dim() == 0:
        return
    low, high = span(scores) or (-1.0, 0.0)
    sums = scores.detach().float().sum(dim=0 if scores.dim() == 1 else 1)
    if low >= 0 and high <= 1 and bool(((sums - 1).abs() < ROUNDED).all()):
        yield Verdict(
            "nll-of-probabilities",
            "warn",
            "{input} holds probabilities, and nll_loss takes their logarithms",
            "torch does not check it: the loss is below zero, and its gradient is that of another loss.",
            advice=("use F.log_softmax in place of softmax (nn.LogSoftmax in place of nn.Softmax)",),
            on="input",
        )


def _sums(call: LossCall) -> Iterator[Verdict]:
    target, axis = call.target.detach(), 0 if call.target.dim() == 1 else 1
    rows = target.to(torch.float32).sum(dim=axis)
    missing = torch.where(rows == 0, torch.zeros_like(rows), (rows - 1).abs())
    low = float(target.min())
    if missing.max().item() <= FAR_FROM_ONE and low >= -FAR_FROM_ONE:
        return
    evidence = (f"sums over the classes: {rows.min().item():.4g} to {rows.max().item():.4g}",)
    if target.dim() == 1:
        yield Verdict(
            "label-probabilities",
            "warn",
            "cross_entropy takes {target} for the probabilities of one sample",
            "Input and target of one dimension are one sample, and each element is a class. For numbers to be hit, as "
            "in regression, the loss is mse_loss.",
            advice=("for regression: F.mse_loss in place of cross_entropy",),
            evidence=evidence,
        )
        return
    yield Verdict(
        "label-probabilities",
        "warn",
        "the probabilities in {target} do not sum to one",
        "A target in the input's shape is read as probabilities of the classes. torch does not check them: the loss is "
        "a number that means nothing.",
        (Change("target", f"{{}} / {{}}.sum(dim={axis}, keepdim=True)", "if they are weights of the classes"),),
        ("for several labels in a row: F.binary_cross_entropy_with_logits",),
        evidence,
    )


def _not_probabilities(call: LossCall) -> Verdict:
    logits, target = call.input, call.target
    if logits.dim() == 1:
        return no_classes(call, "one dimension")
    several = call.look and target.numel() > 0 and bool((target.to(torch.int64).sum(dim=1) != 1).any())
    return Verdict(
        "label-one-hot",
        "fail",
        "{target} is "
        + ("multi-hot" if several else "one-hot")
        + f" and {dtype(target)}, which cross_entropy does not take",
        "A target in the input's shape is read as probabilities, which are floating; class ids have no class axis.",
        (Change("target", "{}.float()", "several labels a row: for F.binary_cross_entropy_with_logits"),)
        if several
        else (Change("target", "{}.argmax(dim=1)", "the ids of the classes"),),
    )
