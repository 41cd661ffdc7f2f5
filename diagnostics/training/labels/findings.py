"""From a verdict to a finding: the reader's names, the line, and the fix written for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from diagnostics.finding import Finding, Step, Where
from diagnostics.training.labels.births import Births
from diagnostics.training.labels.calls import Change, LossCall, Verdict, seen
from diagnostics.training.naming import Scene, change

OF_DTYPE = ("label-dtype", "label-no-tensor", "bce-integer-target", "target-float64", "input-float64")

LESSONS = {
    "a-dtype-for-each-loss": (*OF_DTYPE, "label-one-hot", "label-probabilities"),
    "labels-out-of-range": ("label-range", "all-ignored", "ctc-blank"),
    "yes-or-no": ("bce-input-range", "label-signs", "one-class-head"),
    "a-class-that-is-rare": ("class-weight",),
    "what-the-loss-does-itself": ("nll-of-logits", "nll-of-probabilities", "kl-div-input"),
}
"""The sections of labels_and_losses that explain a finding; all others are matters of shape."""

SHAPE = "a-shape-for-each-loss"

NOT_JUDGED = "loss-not-judged"

_BORN = (*OF_DTYPE, "label-one-hot")


def finding(verdict: Verdict, call: LossCall, scene: Scene, births: Births) -> Finding:
    """The finding for one verdict on a call."""
    tensors = [each for each in (call.target, call.input) if isinstance(each, torch.Tensor)]
    names = {"target": _name(scene, call.target, "the target"), "input": _name(scene, call.input, "the input")}
    title = verdict.title.format(**names)
    return Finding(
        verdict.id,
        verdict.status,
        title[:1].upper() + title[1:] if title.startswith("the ") else title,
        evidence=(*_evidence(verdict, call, scene, names), *verdict.evidence, *_came(verdict, call, scene, births)),
        cause=verdict.cause.format(**names),
        fix=tuple(_steps(verdict, call, scene, names)),
        where=scene.where(tensors),
        lesson=verdict.lesson or lesson(verdict.id),
        category="label-dtype" if verdict.id in OF_DTYPE else "label-shape-or-range",
    )


def lesson(name: str) -> str:
    """Where a finding of that id is explained."""
    section = next((section for section, names in LESSONS.items() if name in names), SHAPE)
    return f"labels_and_losses#{section}"


def not_judged(loss: str, where: Where | None, error: Exception) -> Finding:
    """What is said where the judge itself failed."""
    why = f"{type(error).__name__}: {error}".splitlines()[0]
    return Finding(NOT_JUDGED, "skipped", f"a call of {loss} could not be judged", evidence=(why,), where=where)


def _name(scene: Scene, value: Any, otherwise: str) -> str:
    name = scene.name(value) if isinstance(value, torch.Tensor) else ""
    return f"`{name}`" if name else otherwise


def _evidence(verdict: Verdict, call: LossCall, scene: Scene, names: dict[str, str]) -> list[str]:
    made = scene.born(call.target) if _is_of_label(verdict, call) else ""
    pairs = ((names["target"], call.target, made), (names["input"], call.input, ""))
    return [
        f"{name}: {seen(value, call.look)}" + (f", made at {born}" if born else "")
        for name, value, born in pairs
        if isinstance(value, torch.Tensor)
    ]


def _is_of_label(verdict: Verdict, call: LossCall) -> bool:
    """Whether the fault is one that the label has had since it was made."""
    return verdict.id in _BORN and verdict.on == "target" and isinstance(call.target, torch.Tensor)


def _came(verdict: Verdict, call: LossCall, scene: Scene, births: Births) -> list[str]:
    """Where the label's dtype came from, where the line that made it is not known."""
    if not _is_of_label(verdict, call) or scene.born(call.target):
        return []
    origin = scene.origin(call.target)
    how = births.of(call.target.dtype) if origin and origin.kind != "temporary" else ""
    return [how] if how else []


def _steps(verdict: Verdict, call: LossCall, scene: Scene, names: dict[str, str]) -> list[Step]:
    steps = [_step(each, call, scene, names) for each in verdict.changes]
    steps += [Step(each.format(**names).replace("`", "")) for each in verdict.advice]
    return [replace(steps[0], verify=verdict.verify), *steps[1:]] if steps and verdict.verify else steps


def _step(wanted: Change, call: LossCall, scene: Scene, names: dict[str, str]) -> Step:
    tensor = call.target if wanted.on == "target" else call.input
    step = change(scene, scene.origin(tensor), wanted.code, wanted.why)
    if step is not None:
        return step
    name = names[wanted.on].strip("`").replace("the ", "")
    return Step(f"before the loss: `{wanted.code.replace('{}', name)}`" + (f" ({wanted.why})" if wanted.why else ""))
