"""The bug clinic: sick programs run for real, each in a process of its own, beside their cured form.

The programs are those of the exercises: start.py, solution.py and wrong/ of exercises/PATIENT. `bounds`, `moves` and
`twice` have programs of their own, so that a test can be tried on a fault that is no patient's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

import lessons
from lessons.kit import Bar, Bars, Chart, Frame, Level, Series, Table, number
from lessons.measure.clinic import CENTRES, Visit, sorted_points, visit

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


def silenced(way: str) -> Iterator[Frame]:
    """Runs a loud patient whose error was only silenced, beside its cured
    form, and has both sort 300 points that neither has seen."""
    patient, file = SILENCED[way]
    planted, cured = (PROGRAMS / patient / name for name in (f"wrong/{file}.py", "solution.py"))
    yield _waiting(patient, planted)

    quiet = visit(planted.read_text("utf-8"), sorted_points, watched=False).seen
    well = visit(cured.read_text("utf-8"), sorted_points, watched=False).seen
    for step in range(1, well["steps"] + 1):
        yield _silenced_frame(quiet, well, step)


SILENCED = {
    "clamp": ("out_of_bounds", "clamped"),
    "requires_grad_": ("no_grad_fn", "requires_grad_"),
    "try": ("expected_long", "swallowed"),
}
"""What somebody wrote against an error -> the patient, and the file of its wrong/."""


def _silenced_frame(quiet: dict[str, Any], well: dict[str, Any], step: int) -> Frame:
    both = {"silenced": quiet, "cured": well}
    chart = Chart(
        "loss", tuple(Series(name, tuple(one["losses"][:step])) for name, one in both.items()), well["steps"] - 1, low=0
    )
    values = {f"{name} loss": one["losses"][step - 1] for name, one in both.items()}
    if step < well["steps"]:
        losses = (number(value) for value in values.values())
        note = "Step {}: the loss is {} silenced, and {} cured.".format(step, *losses)
        return Frame((chart,), values, note, step, well["steps"])
    rows = tuple((name, number(one["last"]), f"{one['right']:.0%}") for name, one in both.items())
    values.update({f"{name} right": one["right"] for name, one in both.items()})
    told = "; ".join(f"{name}, {right} at a loss of {last}" for name, last, right in rows)
    table = Table("what they learned", ("", "last loss", "new points right"), rows)
    return Frame((table, chart), values, f"Of 300 new points are right: {told}.", step, step)


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


def bounds(softmax: str, groups: int, batch: int) -> Iterator[Frame]:
    """The loss of five models that know nothing, and then of scores that
    are perfect: where a loss begins, and how low it can come."""
    labels = torch.arange(batch) % groups
    points = torch.randn(batch, 2, generator=torch.Generator().manual_seed(0))
    firsts: list[float] = []
    yield _bounds_frame(softmax, groups, batch, firsts)
    for seed in range(5):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, groups))
        firsts.append(_loss(model(points), labels, softmax))
        yield _bounds_frame(softmax, groups, batch, firsts)

    perfect = 1000 * torch.eye(groups)[labels]  # high for its own group alone
    yield _bounds_frame(softmax, groups, batch, firsts, _loss(perfect, labels, softmax))


def _loss(scores: Tensor, labels: Tensor, softmax: str) -> float:
    if softmax == "over-the-batch":
        return nll_loss(scores.log_softmax(dim=0), labels).item()
    return cross_entropy(scores.softmax(dim=1) if softmax == "twice" else scores, labels).item()


def _bounds_frame(softmax: str, groups: int, batch: int, firsts: list[float], lowest: float | None = None) -> Frame:
    values = {"ln groups": math.log(groups), "ln batch": math.log(batch)}
    if firsts:
        values["first"] = sum(firsts) / len(firsts)
    if lowest is not None:
        values["lowest"] = lowest
    bars = tuple(Bar(name, (values.get(name, 0.0),), "" if name in values else "·") for name in BOUNDS)
    picture = Bars(f"{groups} groups, {batch} points", ("loss",), bars)
    note = _bounds_note(softmax, groups, batch, values, firsts)
    return Frame((picture,), values, note, len(firsts) + (lowest is not None), 6)


BOUNDS = ("ln groups", "ln batch", "first", "lowest")


def _bounds_note(softmax: str, groups: int, batch: int, values: dict[str, float], firsts: list[float]) -> str:
    if "lowest" in values:
        fault = {"in-the-loss": "In the loss alone", "twice": "Twice"}.get(softmax, "Over the batch")
        begins, ends = number(values["first"]), number(values["lowest"])
        return f"{fault}, a softmax lets the loss of {groups} groups begin at {begins} and come down to {ends}."
    if firsts:
        return f"Model {len(firsts)}, without any training: a first loss of {number(firsts[-1])}."
    chance, size = number(values["ln groups"]), number(values["ln batch"])
    return f"No model yet: ln {groups} is {chance}, and ln {batch} is {size}."


def moves(fault: str) -> Iterator[Frame]:
    """Ten steps of two layers, and of each parameter its gradient and how
    far it moved, with a fault that keeps some of them still."""
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(40)
    points = CENTRES[labels] + torch.randn(120, 2)
    model = nn.ModuleDict({"first": nn.Linear(2, 16), "last": nn.Linear(16, 3)})
    start = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    yield _moves_frame(model, start, 0)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    if fault == "left-out":
        optimizer = torch.optim.SGD(model["last"].parameters(), lr=0.3)
    model["first"].requires_grad_(fault != "frozen")
    for step in range(1, 11):
        hidden = model["first"](points)
        hidden = (hidden - 100 if fault == "dead" else hidden).relu()
        scores = model["last"](hidden.detach() if fault == "detached" else hidden)
        model.zero_grad()
        cross_entropy(scores, labels).backward()
        optimizer.step()
        yield _moves_frame(model, start, step)


def _moves_frame(model: nn.ModuleDict, start: dict[str, Tensor], step: int) -> Frame:
    rows, values = [], {}
    for name, weight in model.named_parameters():
        moved = (weight.detach() - start[name]).norm().item()
        gradient = "None" if weight.grad is None else number(weight.grad.norm().item())
        rows.append((name, gradient if step else "·", number(moved) if step else "·"))
        values[f"{name} moved"] = moved
    still = [name for name, _, moved in rows if moved == "0"]
    table = Table("four parameters", ("parameter", "gradient", "moved"), tuple(rows))
    note = _moves_note({name: gradient for name, gradient, _ in rows}, still, step)
    return Frame((table,), values, note, step, 10)


def _moves_note(gradients: dict[str, str], still: list[str], step: int) -> str:
    if not step:
        return "Four parameters, copied before the first step."
    if not still:
        return f"Step {step}: all four parameters have moved, each with a gradient."
    seen = f"{still[0]} has not, and its gradient is {gradients[still[0]]}"
    return f"Step {step}: {4 - len(still)} of 4 parameters have moved; {seen}."


def twice(layer: str, mode: str) -> Iterator[Frame]:
    """Asks a model twice for the same 120 points, and once more in four
    batches of 30, with a layer that has two modes or with none."""
    torch.manual_seed(0)
    points = torch.randn(120, 2)
    between = {"Dropout": nn.Dropout(0.5), "BatchNorm1d": nn.BatchNorm1d(16)}.get(layer, nn.Identity())
    model = nn.Sequential(nn.Linear(2, 16), between, nn.ReLU(), nn.Linear(16, 3))
    model.train(mode == "train")
    apart: dict[str, float] = {}
    yield _twice_frame(layer, mode, apart)
    with torch.no_grad():
        once = model(points)
        apart["the same batch again"] = (model(points) - once).abs().max().item()
        yield _twice_frame(layer, mode, apart)
        parts = torch.cat([model(part) for part in points.split(30)])
        apart["in batches of 30"] = (parts - once).abs().max().item()
        yield _twice_frame(layer, mode, apart)


def _twice_frame(layer: str, mode: str, apart: dict[str, float]) -> Frame:
    asked = ("the same batch again", "in batches of 30")
    rows = tuple((name, number(apart[name]) if name in apart else "·") for name in asked)
    table = Table(f"{layer}, {mode} mode", ("asked", "largest difference"), rows)
    note = f"A model in {mode} mode, with {layer.replace('none', 'neither layer')}, was asked once."
    if apart:
        name = list(apart)[-1]
        verdict = "agrees to the last digit" if not apart[name] else f"differs by {number(apart[name])}"
        note = f"Asked {name.replace('the', 'for the')}, it {verdict}."
    return Frame((table,), dict(apart), note, len(apart), 2)
