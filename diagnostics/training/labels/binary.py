"""binary_cross_entropy and binary_cross_entropy_with_logits: a floating yes or no, of the input's shape."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from diagnostics.training.labels.calls import Change, LossCall, Verdict, dtype, shape, span
from diagnostics.training.labels.classes import float64


def judge(call: LossCall) -> Iterator[Verdict]:
    """What is wrong with the call; nothing where all is well."""
    logits, target = call.input, call.target
    fits = logits.shape == target.shape
    if not fits:
        yield mismatched(call)
    if not target.is_floating_point():
        yield _integer(call)
    elif call.name == "binary_cross_entropy" and target.dtype != logits.dtype:
        yield float64(call, "fail") if target.dtype == torch.float64 else _other(call)
    elif target.dtype == torch.float64 and logits.dtype != torch.float64:
        yield float64(call)
    if call.look and target.numel() and not target.is_complex():
        yield from _values(call, fits)


def mismatched(call: LossCall) -> Verdict:
    """A target of another shape, where torch wants the same."""
    logits, target = call.input, call.target
    change: tuple[Change, ...] = ()
    if tuple(logits.shape) == (*target.shape, 1):
        change = (Change("target", "{}.unsqueeze(-1)"),)
    elif tuple(target.shape) == (*logits.shape, 1):
        change = (Change("target", "{}.squeeze(-1)"),)
    elif logits.numel() == target.numel():
        change = (Change("target", "{}.reshape(" + ", ".join(str(size) for size in logits.shape) + ")"),)
    advice: tuple[str, ...] = ()
    if logits.dim() == target.dim() + 1 and logits.shape[:1] == target.shape[:1] and not change:
        advice = (
            "for class ids the loss is F.cross_entropy; for several labels a row the target has a column for each",
        )
    return Verdict(
        "label-shape",
        "fail",
        f"{{target}} has the shape {shape(target)} and {{input}} {shape(logits)}: {call.name} wants the same",
        "Each output is compared with its own label.",
        change,
        advice,
    )


def _integer(call: LossCall) -> Verdict:
    return Verdict(
        "bce-integer-target",
        "fail",
        f"{{target}} is {dtype(call.target)}, and {call.name} takes its target as floats",
        "A yes or no is 1.0 or 0.0 here, since it may also be anything between.",
        (Change("target", "{}.float()"),),
    )


def _other(call: LossCall) -> Verdict:
    return Verdict(
        "label-dtype",
        "fail",
        f"{{target}} is {dtype(call.target)} and {{input}} {dtype(call.input)}: {call.name} wants the same",
        "binary_cross_entropy converts nothing by itself.",
        (Change("target", f"{{}}.to(torch.{dtype(call.input)})"),),
    )


def _values(call: LossCall, fits: bool) -> Iterator[Verdict]:
    low, high = span(call.target) or (0.0, 0.0)
    plain = call.name == "binary_cross_entropy"
    if low < 0 or high > 1:
        yield _range(call, low, high)
    if plain and fits and call.input.is_floating_point():
        least, most = span(call.input) or (0.0, 1.0)
        if not (least >= 0 and most <= 1):
            yield Verdict(
                "bce-input-range",
                "fail",
                f"{{input}} goes from {least:.4g} to {most:.4g}, and binary_cross_entropy takes probabilities",
                "The output of a layer is a logit, not a probability.",
                advice=("take F.binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss), without a sigmoid before it",),
                on="input",
            )


def _range(call: LossCall, low: float, high: float) -> Verdict:
    change: tuple[Change, ...] = ()
    if (low, high) == (0, 255) or high == 255:
        change = (Change("target", "{} / 255", "a mask read from an image"),)
    elif (low, high) == (-1, 1):
        change = (Change("target", "({} + 1) / 2", "from -1 and 1 to 0 and 1"),)
    elif (low, high) == (1, 2):
        change = (Change("target", "{} - 1", "from 1 and 2 to 0 and 1"),)
    return Verdict(
        "label-range",
        "fail" if call.name == "binary_cross_entropy" else "warn",
        f"{{target}} goes from {low:.4g} to {high:.4g}, and {call.name} takes 0 to 1",
        "Beyond 0 and 1 the loss can fall without end, and the model follows it.",
        change,
        ("for ids of more than two classes the loss is F.cross_entropy",) if high > 2 and high != 255 else (),
    )
