"""The bug clinic: sick programs run for real, each in a process of its own, beside their cured form.

The programs are those of the exercises: exercises/PATIENT/start.py and solution.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

import lessons
from lessons.kit import Chart, Frame, Level, Series, Table, number
from lessons.measure.clinic import Visit, visit

Row = tuple[str, ...]
PROGRAMS = Path(lessons.__file__).parent / "bug_clinic" / "exercises"


def ward(patient: str, check: bool) -> Iterator[Frame]:
    """Runs a patient and its cured form, on a CUDA that needs no GPU, and
    shows how each did; with check also what `tutor check` says."""
    sick, cured = (PROGRAMS / patient / name for name in ("start.py", "solution.py"))
    yield _waiting(patient, sick)

    ill = visit(sick.read_text("utf-8"), kept_losses)
    well = visit(cured.read_text("utf-8"), kept_losses)
    for step in range(1, _longest(ill, well) + 1):
        yield _ward_frame(patient, sick, ill, well, step, check)


def kept_losses(names: dict[str, Any]) -> dict[str, Any]:
    """The losses that a program leaves behind."""
    return {"losses": [float(loss) for loss in names.get("losses", [])]}


def _longest(*visits: Visit) -> int:
    return max(1, *(len(one.seen.get("losses", [])) for one in visits))


def _waiting(patient: str, sick: Path) -> Frame:
    lines = sick.read_text("utf-8").splitlines()
    rows = (("program", lines[0].strip('"')), ("lines", str(len(lines))))
    note = f"The patient has {len(lines)} lines and has not run yet."
    return Frame((Table("before it runs", ("", "patient"), rows),), {"lines": len(lines)}, note, 0, 1)


def _ward_frame(patient: str, sick: Path, ill: Visit, well: Visit, step: int, check: bool) -> Frame:
    steps = _longest(ill, well)
    curves = {"patient": ill.seen.get("losses", []), "cured": well.seen.get("losses", [])}
    lines = tuple(Series(name, tuple(losses[:step])) for name, losses in curves.items() if losses)
    rows = [("patient", line) for line in _outcome(sick, ill)]
    rows += [("cured", said) for said in well.printed.splitlines()[-2:]]
    if check:
        rows += [("check", f"line {told.line}: {told.title}") for told in ill.bad]
    table = Table("how they ended", ("", "what was seen"), tuple((who, said[:240]) for who, said in rows))
    chart = Chart("loss", lines, steps - 1, low=0)
    pictures = (table, chart) if ill.error else (chart, table)
    values = {name: losses[min(step, len(losses)) - 1] for name, losses in curves.items() if losses}
    values["found"] = len(ill.bad)
    note = _ward_note(ill, values, step, check)
    return Frame(pictures if lines and steps > 1 else (table,), values, note, step, steps)


def _outcome(sick: Path, ill: Visit) -> list[str]:
    """The last words of a program: its error with the line, or the end of what it printed."""
    if not ill.error:
        return [said for said in ill.printed.splitlines() if "Warning" not in said][-2:]
    line = sick.read_text("utf-8").splitlines()[ill.line - 1].strip() if ill.line else ""
    return [f"line {ill.line}: {line}", ill.error]


def _ward_note(ill: Visit, values: dict[str, float], step: int, check: bool) -> str:
    if check and ill.bad:
        told = ill.bad[0]
        return f"tutor check names line {told.line}: {told.id}."
    if ill.error:
        return f"The patient stopped at line {ill.line} with {ill.error.partition(':')[0]}."
    if "patient" in values and "cured" in values:
        sick, cured = number(values["patient"]), number(values["cured"])
        return f"Step {step}: the patient's loss is {sick}, the cured one's {cured}."
    return "The patient ran to its end."


def by_heart(samples: int, shuffled: bool) -> Iterator[Frame]:
    """Takes the patient that stays flat, and trains it on a few samples
    alone: always the same, in the same order unless shuffled."""
    sick = PROGRAMS / "flat_at_ln_3" / "start.py"
    yield _waiting("flat_at_ln_3", sick)
    order = "torch.randperm" if shuffled else "torch.arange"
    few = sick.read_text("utf-8").replace("torch.randperm(120)", f"{order}({samples})")
    few = few.replace("labels)\n        loss.backward", f"labels[:{samples}])\n        loss.backward")

    losses = visit(few, kept_losses, watched=False).seen["losses"]
    for step in range(1, len(losses) + 1):
        line = Series("loss", tuple(losses[:step]))
        chart = Chart(
            f"{samples} samples", (line,), len(losses) - 1, low=0, levels=(Level(math.log(3), "chance, ln 3"),)
        )
        note = f"Step {step}: the loss of {samples} samples is {number(losses[step - 1])}; chance is 1.1."
        yield Frame((chart,), {"loss": losses[step - 1]}, note, step, len(losses))


def tests(patient: str) -> Iterator[Frame]:
    """Six cheap tests of a program that is silently wrong, and the same
    of its cured form."""
    sick, cured = (PROGRAMS / patient / name for name in ("start.py", "solution.py"))
    yield _waiting(patient, sick)
    ill = visit(sick.read_text("utf-8"), tested, watched=False)
    well = visit(cured.read_text("utf-8"), tested, watched=False)
    yield _tests_frame(ill.seen, well.seen)


def tested(names: dict[str, Any]) -> dict[str, Any]:
    """Trains once more, and looks at each step of the optimizer."""
    norms: list[float] = []
    moved: set[int] = set()
    before: dict[int, Tensor] = {}

    def about_to_step(optimizer: Any, *given: Any) -> None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        norms.append(math.sqrt(sum(gradient.square().sum().item() for gradient in gradients)))
        before.update({id(weight): weight.detach().clone() for weight in weights})

    def has_stepped(optimizer: Any, *given: Any) -> None:
        for weight in (weight for group in optimizer.param_groups for weight in group["params"]):
            if not torch.equal(before[id(weight)], weight):
                moved.add(id(weight))

    hooks = (register_optimizer_step_pre_hook(about_to_step), register_optimizer_step_post_hook(has_stepped))
    model, *_, kept = names["train"]()
    for hook in hooks:
        hook.remove()
    weights = list(model.parameters())
    x = torch.randn(8, weights[0].shape[1])
    losses = [float(loss) for loss in names.get("losses", [])]
    return {
        "first": losses[0] if losses else None,
        "last": losses[-1] if losses else None,
        "norms": (norms[0], norms[-1]),
        "moved": (sum(id(weight) in moved for weight in weights), len(weights)),
        "agree": torch.equal(model(x), model(x)),
        "graph": isinstance(kept, Tensor) and kept.requires_grad,
    }


def _tests_frame(ill: dict[str, Any], well: dict[str, Any]) -> Frame:
    rows = tuple((name, _said(name, well), _said(name, ill)) for name in TESTS)
    odd = [name for name, cured, sick in rows if name in CLEAR and cured != sick]
    note = f"Not as in the cured program: {', '.join(odd)}." if odd else "No test but the losses tells them apart."
    first, last = ill["first"], ill["last"]
    values = {"first": first, "last": last} if first is not None else {}
    values.update({"first norm": ill["norms"][0], "last norm": ill["norms"][1], "moved": ill["moved"][0]})
    return Frame((Table("six tests", ("test", "cured", "patient"), rows),), values, note, 1, 1)


TESTS = ("first loss", "last loss", "gradient norm", "weights that move", "two passes agree", "what is kept")
CLEAR = TESTS[3:]
"""Tests with a yes or no: what they say is no matter of degree."""


def _said(test: str, seen: dict[str, Any]) -> str:
    """What a test gave, in a few words."""
    if test == "first loss":
        return "" if seen["first"] is None else number(seen["first"])
    if test == "last loss":
        return "" if seen["last"] is None else number(seen["last"])
    if test == "gradient norm":
        return f"{number(seen['norms'][0])} to {number(seen['norms'][1])}"
    if test == "weights that move":
        return "{} of {}".format(*seen["moved"])
    if test == "two passes agree":
        return "yes" if seen["agree"] else "no"
    return "with its graph" if seen["graph"] else "a number"
