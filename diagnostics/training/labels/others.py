"""The other losses with labels: margins, signs, CTC; and what kl_div compares."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from diagnostics.training.labels import regression
from diagnostics.training.labels.calls import Change, LossCall, Verdict, dtype, shape, span

SIGNS = ("soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "cosine_embedding_loss")


def judge_kl(call: LossCall) -> Iterator[Verdict]:
    """kl_div: the first argument is a logarithm of probabilities."""
    yield from regression.judge(call)
    if not call.look or not call.input.is_floating_point() or not call.input.numel() or call.input.dim() == 0:
        return
    low, high = span(call.input) or (-1.0, 0.0)
    sums = call.input.detach().float().sum(dim=-1)
    if low >= 0 and 0 < high <= 1 and bool(((sums - 1).abs() < 1e-3).all()):
        yield Verdict(
            "kl-div-input",
            "warn",
            "{input} holds probabilities, and kl_div takes their logarithms",
            "torch does not check it: the loss is wrong, and may be below zero.",
            (Change("input", "{}.log()", "or log_softmax in place of softmax"),),
            on="input",
        )


def judge_signs(call: LossCall) -> Iterator[Verdict]:
    """Losses whose labels are -1 and 1."""
    if call.name == "soft_margin_loss":
        yield from regression.judge(call)
    if not call.look or call.target.is_complex() or not call.target.numel():
        return
    low, high = span(call.target) or (1.0, 1.0)
    if low == 0 and high <= 1:
        yield Verdict(
            "label-signs",
            "warn",
            f"{{target}} has zeros, and {call.name} takes -1 and 1",
            "torch does not check it: a zero is neither of the two, and its row counts for nothing or for both.",
            (Change("target", "{} * 2 - 1", "from 0 and 1 to -1 and 1"),),
        )


def judge_margin(call: LossCall) -> Iterator[Verdict]:
    """multi_margin_loss and multilabel_margin_loss: class ids as int64."""
    target, scores = call.target, call.input
    wanted = scores.shape if call.name == "multilabel_margin_loss" else scores.shape[:1]
    fits = target.shape == wanted or (scores.dim() <= 1 and target.numel() == scores.numel() == 1)
    if call.name == "multi_margin_loss":
        fits = target.numel() == (scores.shape[0] if scores.dim() > 1 else 1)
    fits = fits and target.dim() <= max(1, len(wanted)) and scores.dim() <= 2
    if not fits:
        yield Verdict(
            "label-shape",
            "fail",
            f"{{target}} has the shape {shape(target)}, and {call.name} needs {tuple(wanted)}",
            f"The input has the shape {shape(scores)}.",
            (Change("target", "{}.squeeze(-1)"),) if tuple(target.shape) == (*wanted, 1) else (),
        )
    if target.dtype != torch.int64 and scores.numel():
        yield Verdict(
            "label-dtype",
            "fail",
            f"{{target}} is {dtype(target)}, and {call.name} takes class ids as int64",
            "Class ids are whole numbers.",
            (Change("target", "{}.long()"),),
        )
    elif fits and call.look and target.numel():
        low, high = span(target) or (0, 0)
        least = -1 if call.name == "multilabel_margin_loss" else 0
        if low < least or high >= scores.shape[-1]:
            yield Verdict(
                "label-range",
                "fail",
                f"{{target}} goes from {low} to {high}, and there are {scores.shape[-1]} classes",
                f"Ids go from {least} to {scores.shape[-1] - 1}.",
            )


def judge_ctc(call: LossCall) -> Iterator[Verdict]:
    """ctc_loss: on the CPU it reads past its table where an id is out of range, and says nothing."""
    if not call.look or call.target.is_complex() or not call.target.numel():
        return
    counted, blank, count = _within_lengths(call), call.options.get("blank", 0), int(call.input.shape[-1])
    low, high = span(counted) or (1, 1)
    if low < 0 or high >= count:
        yield Verdict(
            "label-range",
            "warn",
            f"{{target}} goes from {low:.4g} to {high:.4g}, and there are {count} classes with the blank",
            f"Ids go from 0 to {count - 1}; ctc_loss checks none, and reads other memory.",
        )
    elif bool((counted == blank).any()):
        yield Verdict(
            "ctc-blank",
            "warn",
            f"{{target}} holds {blank}, the blank",
            "The blank stands between labels and is none itself.",
            (Change("target", "{} + 1", "with one class more, if ids start at 0"),) if blank == 0 else (),
        )


def _within_lengths(call: LossCall) -> torch.Tensor:
    """The labels that count: padding behind the lengths does not."""
    target: torch.Tensor = call.target
    if target.dim() != 2:
        return target
    lengths = torch.as_tensor(call.options["target_lengths"], device=target.device).reshape(-1, 1)
    return target[torch.arange(target.shape[1], device=target.device) < lengths]
