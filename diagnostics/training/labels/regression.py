"""Losses that compare numbers element by element, and broadcast where the shapes differ."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import torch

from diagnostics.training.labels.calls import Change, LossCall, Verdict, dtype, shape
from diagnostics.training.labels.classes import float64

NAMES = (
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "gaussian_nll_loss",
    "poisson_nll_loss",
    "kl_div",
    "soft_margin_loss",
    "multilabel_soft_margin_loss",
)
NO_BOOLEANS = ("l1_loss", "soft_margin_loss", "multilabel_soft_margin_loss")
NEEDS_FLOATS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def judge(call: LossCall) -> Iterator[Verdict]:
    """What is wrong with the call; nothing where all is well."""
    yield from shapes(call)
    yield from _dtypes(call)


def _dtypes(call: LossCall) -> Iterator[Verdict]:
    given, have = call.input.dtype, call.target.dtype
    # huber_loss alone converts nothing on the way back.
    strict = call.name == "huber_loss" and call.grad
    if have == torch.float64 and given in (torch.float32, torch.float16, torch.bfloat16):
        yield float64(call, "fail" if strict else "warn")
    elif have == torch.bool and call.name in NO_BOOLEANS:
        yield _to_floats(call, "subtracting or negating a truth value is refused")
    elif call.name == "kl_div" and not have.is_floating_point:
        yield _to_floats(call, "it compares probabilities")
    elif strict and have != given:
        yield _to_floats(call, "its backward converts nothing")
    elif call.name in NEEDS_FLOATS and not given.is_floating_point and not have.is_floating_point:
        yield Verdict(
            "label-dtype",
            "fail",
            f"{{input}} is {dtype(call.input)} and {{target}} {dtype(call.target)}: {call.name} needs floats",
            "A prediction that was rounded, or taken by argmax, has no gradient either.",
            (Change("target", "{}.float()"),),
            on="input",
        )


def _to_floats(call: LossCall, because: str) -> Verdict:
    return Verdict(
        "label-dtype",
        "fail",
        f"{{target}} is {dtype(call.target)}, and {call.name} does not take it",
        f"{call.name} counts in floating point: {because}.",
        (Change("target", "{}.float()"),),
    )


def shapes(call: LossCall) -> Iterator[Verdict]:
    """Shapes that cannot be broadcast, and those that can but make of a batch a table."""
    have, given = tuple(call.target.shape), tuple(call.input.shape)
    if have == given:
        return
    joined = _joined(given, have)
    if joined is None or (call.name == "soft_margin_loss" and joined != given):
        yield Verdict(
            "label-shape",
            "fail",
            f"{{target}} has the shape {shape(call.target)} and {{input}} {shape(call.input)}",
            f"{call.name} compares element by element, so the two need the same shape.",
            _to_fit(call),
        )
        return
    if _unmeant(given, have, joined):
        yield _broadcast(call, joined)


def _joined(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return tuple(torch.broadcast_shapes(first, second))  # type: ignore[no-untyped-call]
    except RuntimeError:
        return None


def _unmeant(given: tuple[int, ...], have: tuple[int, ...], joined: tuple[int, ...]) -> bool:
    """Whether nobody could mean it: one value for all is meant, and so are leading axes that are missing."""
    if 1 in (prod(given), prod(have)) or 0 in joined:
        return False
    if joined not in (given, have):
        return True
    return len(given) == len(have) or (len(have) < len(given) and have[:1] == given[:1])


def _broadcast(call: LossCall, joined: tuple[int, ...]) -> Verdict:
    return Verdict(
        "loss-broadcast",
        "warn",
        f"{call.name} broadcasts {shape(call.input)} and {shape(call.target)} to {joined}",
        "Every prediction is compared with the labels of others too, so the model learns their mean.",
        _to_fit(call),
    )


def _to_fit(call: LossCall) -> tuple[Change, ...]:
    given, have = tuple(call.input.shape), tuple(call.target.shape)
    if given == (*have, 1):
        return (Change("input", "{}.squeeze(-1)"),)
    if have == (*given, 1):
        return (Change("target", "{}.squeeze(-1)"),)
    if len(have) == len(given) + 1 and have[:1] + have[2:] == given and have[1] == 1:
        return (Change("target", "{}.squeeze(1)"),)
    if len(given) == len(have) + 1 and given[:1] + given[2:] == have and given[1] == 1:
        return (Change("input", "{}.squeeze(1)"),)
    if prod(given) == prod(have):
        return (Change("target", "{}.reshape(" + ", ".join(map(str, given)) + ")"),)
    return ()
