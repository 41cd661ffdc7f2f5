"""cross_entropy and nll_loss with class ids.

What torch 2.13 takes: ids as int64, of one sample a row also as uint8.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from diagnostics.training.labels.calls import Change, LossCall, Verdict, dtype, shape, span


def judge(call: LossCall) -> Iterator[Verdict]:
    """What is wrong with a call that has ids for its target; nothing where all is well."""
    refused = not_scores(call)
    if refused is not None:
        yield refused
        return
    yield from _ids(call)
    yield from _weight(call)


def not_scores(call: LossCall) -> Verdict | None:
    """What is wrong where the input cannot be scores of classes, or the target no label at all."""
    if call.input.dim() == 0:
        return no_classes(call, "no dimension")
    if not (call.input.is_floating_point() or call.input.is_complex()):
        return _integer_input(call)
    return _dtype(call) if call.target.dtype.is_complex else None


def classes(logits: torch.Tensor) -> int:
    """The number of classes that the input has room for."""
    return int(logits.shape[0 if logits.dim() == 1 else 1])


def one_class(logits: torch.Tensor) -> bool:
    """Whether a batch has scores for a single class."""
    # One row with one class is what a contrastive loss has left of a last batch.
    return logits.dim() > 1 and classes(logits) == 1 and logits.numel() > 1


def _ids(call: LossCall) -> Iterator[Verdict]:
    logits, target = call.input, call.target
    wanted = tuple(logits.shape[:1]) + tuple(logits.shape[2:]) if logits.dim() > 1 else ()
    # One sample without a batch takes an id in brackets too, but its backward does not.
    alone = logits.dim() == 1 and tuple(target.shape) == (1,) and (not call.grad or logits.numel() == 1)
    fits = tuple(target.shape) == wanted or alone
    if not fits:
        yield _shape(call, wanted)
        if target.dim() == logits.dim() > 1 and target.shape[1] > 1:
            return
    if one_class(logits) and fits:
        yield one_class_head(call, "warn" if _all_zero(call) else "fail")
        return
    if target.dtype != torch.int64 and not (target.dtype == torch.uint8 and logits.dim() <= 2):
        yield _dtype(call)
    elif fits and call.look and target.numel():
        yield from _values(call)


def _values(call: LossCall) -> Iterator[Verdict]:
    logits, target, ignored = call.input, call.target, call.options.get("ignore_index", -100)
    counted = target[target != ignored]
    if not counted.numel():
        if call.options.get("reduction") == "mean":
            yield _all_ignored(call, ignored)
        return
    low, high = span(counted) or (0, 0)
    if low < 0 or high >= classes(logits):
        yield _range(call, int(low), int(high))


def _shape(call: LossCall, wanted: tuple[int, ...]) -> Verdict:
    logits, target = call.input, call.target
    have = tuple(target.shape)
    if logits.dim() > 2 and have == tuple(logits.shape[:-1]):
        return _class_axis(call)
    title = f"{{target}} has the shape {have}, and {call.name} needs {wanted}"
    cause = f"For an input of shape {shape(logits)} the loss wants one class id for each place: {wanted}."
    changes: tuple[Change, ...] = ()
    if len(have) == len(wanted) + 1 and have[1:2] == (1,) and have[:1] + have[2:] == wanted:
        changes = (Change("target", "{}.squeeze(1)"),)
        cause = "The labels have an axis of size 1 too many, which torch does not drop by itself."
    elif logits.dim() == 2 and target.numel() == logits.shape[0]:
        changes = (Change("target", "{}.flatten()"),)
    elif logits.dim() == 3 and target.dim() == 1 and target.numel() == logits.shape[0] * logits.shape[1]:
        changes = (Change("input", "{}.flatten(0, 1)"),)
    elif (
        logits.dim() > 1
        and len(have) == logits.dim()
        and have[:1] == tuple(logits.shape[:1])
        and have[2:] == tuple(logits.shape[2:])
    ):
        changes = (Change("target", "{}.argmax(dim=1)", "if it is one-hot"),)
        cause = f"The labels have {have[1]} columns and the input {classes(logits)} classes."
    elif have[:1] != tuple(logits.shape[:1]):
        count = have[0] if have else "no batch of"
        cause = f"The input has {logits.shape[0]} rows and the target {count}: they are not of the same batch."
    return Verdict("label-shape", "fail", title, cause, changes)


def _class_axis(call: LossCall) -> Verdict:
    axes = call.input.dim()
    moved = "{}.transpose(1, 2)" if axes == 3 else "{}.movedim(-1, 1)"
    return Verdict(
        "class-axis",
        "fail",
        f"the classes of {{input}} are on its last axis, and {call.name} wants them on axis 1",
        f"The input has the shape {shape(call.input)} and the target {shape(call.target)}: the loss reads axis 1, "
        f"of size {call.input.shape[1]}, as the classes.",
        (Change("input", moved),),
        on="input",
    )


def _dtype(call: LossCall) -> Verdict:
    target = call.target
    wanted = "int64 (or uint8, for labels of one dimension)" if call.input.dim() <= 2 else "int64"
    cause = f"Class ids are whole numbers: {call.name} takes them as {wanted}."
    advice: tuple[str, ...] = ()
    if target.is_floating_point() and call.look and target.numel() and bool((target != target.round()).any()):
        advice = ("these are no whole numbers: for regression the loss is F.mse_loss, for yes-or-no labels a BCE",)
    return Verdict(
        "label-dtype",
        "fail",
        f"{{target}} is {dtype(target)}, and {call.name} takes class ids as int64",
        cause,
        (Change("target", "{}.long()"),),
        advice,
    )


def no_classes(call: LossCall, has: str) -> Verdict:
    """An input that has no axis of classes."""
    return Verdict(
        "label-shape",
        "fail",
        f"{{input}} has {has}: {call.name} needs (batch, classes)",
        f"The input has the shape {shape(call.input)} and the target {shape(call.target)}: no axis is one of classes.",
        advice=("give the loss the logits of every class, before argmax, squeeze or mean",),
        on="input",
    )


def _range(call: LossCall, low: int, high: int) -> Verdict:
    count = classes(call.input)
    cause = f"The input has {count} classes, so ids go from 0 to {count - 1}."
    if low == 1 and high == count:
        fix: tuple[Change, ...] = (Change("target", "{} - 1", "ids start at 0"),)
    elif low == -1:
        fix = ()
        cause += " If -1 marks what does not count, say ignore_index=-1."
    else:
        fix = ()
        cause += f" The last layer needs {high + 1} outputs, or the labels are wrong."
    if high == 255 and count < 255:
        cause += " 255 often marks the border in masks: say ignore_index=255."
    return Verdict(
        "label-range",
        "fail",
        f"{{target}} goes from {low} to {high}, and there are {count} classes",
        cause + " On a GPU this is a device-side assert at a later line.",
        fix,
    )


def _all_ignored(call: LossCall, ignored: int) -> Verdict:
    return Verdict(
        "all-ignored",
        "warn",
        f"every label in {{target}} is {ignored}, the ignore_index: the loss is nan",
        "The mean over no label at all is 0 / 0. One such batch makes every weight nan.",
        advice=("skip such a batch, or sum the loss (reduction='sum') and divide by the count of labels, at least 1",),
    )


def one_class_head(call: LossCall, status: str) -> Verdict:
    """A last layer with one output, where each class needs one."""
    return Verdict(
        "one-class-head",
        status,
        f"{{input}} has one class, so {call.name} is always 0",
        f"The input has the shape {shape(call.input)}: a single class has the probability 1, whatever the model says.",
        advice=(
            "give the last layer one output for each class, as nn.Linear(..., 2)",
            "or keep one output and take F.binary_cross_entropy_with_logits with labels as floats",
        ),
        on="input",
    )


def _all_zero(call: LossCall) -> bool:
    target = call.target
    if target.dtype != torch.int64 and not (target.dtype == torch.uint8 and call.input.dim() <= 2):
        return False
    ignored = call.options.get("ignore_index", -100)
    return not call.look or not bool(((target != 0) & (target != ignored)).any())


def _integer_input(call: LossCall) -> Verdict:
    swapped = call.target.is_floating_point()
    return Verdict(
        "loss-arguments",
        "fail",
        f"{call.name} got {dtype(call.input)} as its input" + (": input and target are swapped" if swapped else ""),
        "The input is what the model says for each class, in floating point; the target comes second.",
        advice=(f"write {call.name}({{target}}, {{input}})",)
        if swapped
        else ("give the loss the logits, before argmax",),
        on="input",
    )


def _weight(call: LossCall) -> Iterator[Verdict]:
    weight, count = call.options.get("weight"), classes(call.input)
    if not isinstance(weight, torch.Tensor):
        return
    if weight.numel() != count:
        yield Verdict(
            "class-weight",
            "fail",
            f"the class weights are {weight.numel()}, and there are {count} classes",
            f"{call.name} wants one weight for each class.",
        )
    elif weight.dtype in (torch.float64, torch.int64) and call.input.dtype == torch.float32:
        yield Verdict(
            "class-weight",
            "fail",
            f"the class weights are {dtype(weight)}, and {{input}} is float32",
            "numpy counts in float64, and counts of labels are int64; the loss converts neither.",
            advice=("make the weights with dtype=torch.float32, or call .float() on them",),
        )


def float64(call: LossCall, status: str = "warn") -> Verdict:
    """A target of double precision against an input of less."""
    outcome = "the loss becomes float64" if status == "warn" else f"{call.name} does not take it"
    return Verdict(
        "target-float64",
        status,
        f"{{target}} is float64 and {{input}} {dtype(call.input)}: {outcome}",
        "numpy, pandas and Python's floats count in float64; a model counts in float32.",
        (Change("target", "{}.float()"),),
    )
