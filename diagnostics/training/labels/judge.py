"""Which losses are judged, and by which rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from diagnostics.training.labels import activations, binary, classes, others, probabilities, regression
from diagnostics.training.labels.calls import LossCall, Verdict

Rule = Callable[[LossCall], Iterator[Verdict]]


def _cross_entropy(call: LossCall) -> Iterator[Verdict]:
    """torch takes a target in the shape of the input for probabilities, and any other for ids."""
    return probabilities.judge(call) if call.input.shape == call.target.shape else classes.judge(call)


def _else(first: Rule, second: Rule) -> Rule:
    """The second rule judges, where there is a graph, what the first finds nothing wrong with."""

    def rule(call: LossCall) -> Iterator[Verdict]:
        found = list(first(call))
        yield from found or (second(call) if call.look and call.grad else ())

    return rule


RULES: dict[str, Rule] = {
    "cross_entropy": _else(_cross_entropy, activations.judge_logits),
    "nll_loss": _else(probabilities.judge_nll, activations.judge_logarithms),
    "binary_cross_entropy": binary.judge,
    "binary_cross_entropy_with_logits": _else(binary.judge, activations.judge_binary),
    **dict.fromkeys(regression.NAMES, regression.judge),
    "kl_div": others.judge_kl,
    **dict.fromkeys(others.SIGNS, others.judge_signs),
    "multi_margin_loss": others.judge_margin,
    "multilabel_margin_loss": others.judge_margin,
    "ctc_loss": others.judge_ctc,
}
"""By the name in torch.nn.functional, to which the modules of torch.nn come too."""


def judge(call: LossCall) -> list[Verdict]:
    """What is wrong with a call, in the order in which torch would meet it."""
    if not isinstance(call.input, torch.Tensor):
        return []
    if not isinstance(call.target, torch.Tensor):
        return [_no_tensor(call)] if call.target is not None else []
    return list(RULES[call.name](call))


def _no_tensor(call: LossCall) -> Verdict:
    kind = type(call.target)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    return Verdict(
        "label-no-tensor",
        "fail",
        f"the target of {call.name} is a {name}, and has to be a tensor",
        "torch converts no arrays, lists or numbers by itself here.",
        advice=("make the target a tensor, as torch.as_tensor(labels)",),
    )
