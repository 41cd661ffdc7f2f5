"""Runs a whole program as `tutor check` does, and brings back how it ended, what was found and what was looked at.

Each run is a fork of this process: what the watch patches, and what the program leaves behind, ends with it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import linecache
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch

from diagnostics.errors.explain import explain
from diagnostics.text import clean
from diagnostics.training.watch import watch
from lessons.kit.properties import expect

PATIENCE = 8.0
"""Seconds that a program may take: less than a property may."""

MOST_KEPT = 64

TELLING = ("flat-at-chance", "training-in-eval")
"""Notes that no cured program has, though another may mean them."""

Look = Callable[[dict[str, Any]], dict[str, Any]]
"""What to read from the names that a program leaves; numbers, texts and lists of them."""


@dataclass(frozen=True)
class Told:
    """A finding of the check, as far as the clinic needs it. `line`: of the program; 0 where it is not known."""

    id: str
    status: str
    title: str
    line: int

    @property
    def bad(self) -> bool:
        return self.status in ("warn", "fail") or self.id in TELLING


@dataclass(frozen=True)
class Visit:
    """How a program did. `error`: the last line of its traceback, "" without; `line`: where it raised."""

    error: str = ""
    line: int = 0
    found: tuple[Told, ...] = ()
    printed: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    """What was looked at after the end; empty where it raised."""

    @property
    def bad(self) -> tuple[Told, ...]:
        """What no cured program has."""
        return tuple(told for told in self.found if told.bad)


_KEPT: dict[Any, Visit] = {}


def visit(source: str, look: Look | None = None, watched: bool = True) -> Visit:
    """Runs a program, on a CUDA of our own where it is `watched`; the same one again is not run twice."""
    key = (source, look.__code__ if look else None, watched)
    if key not in _KEPT:
        while len(_KEPT) >= MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = _run(source, look, watched)
        print(_KEPT[key].printed, end="")
    return _KEPT[key]


def source_of(given: Any) -> str:
    """The text of the module under judgement."""
    return "".join(linecache.getlines(given.__file__))


def runs(given: Any, look: Look) -> Visit:
    """The visit of a program that came to its end; it is Broken where it raised."""
    seen = visit(source_of(given), look)
    at = f"line {seen.line}: " if seen.line else ""
    expect(not seen.error, f"{at}{seen.error}"[:200])
    return seen


def expect_quiet(given: Any, look: Look) -> None:
    """It is Broken where the check warns, by the first thing that it says."""
    seen = runs(given, look)
    for told in seen.bad:
        expect(False, f"`tutor check`, line {told.line}: {told.title}"[:200])


# ── What most programs of the clinic are looked at for ────────────────────────────────────────────────────────────────


CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])
"""Of the three groups that most programs sort."""


def sorted_points(names: dict[str, Any]) -> dict[str, Any]:
    """How well `model` sorts 300 new points, and what became of `losses`."""
    labels = torch.arange(3).repeat(100)
    points = CENTRES[labels] + torch.randn(300, 2, generator=torch.Generator().manual_seed(1))
    model = names["model"].eval()
    weights = list(model.parameters())
    with torch.no_grad():
        logits = model(points.to(weights[0].dtype)).float()
    losses = [float(loss) for loss in names["losses"]]
    return {
        "right": (logits.argmax(dim=1) == labels).float().mean().item(),
        "outputs": logits.shape[1],
        "steps": len(losses),
        "first": losses[0],
        "last": losses[-1],
        "losses": losses,
        "dtype": str(weights[0].dtype),
        "graphs": sum(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in names["losses"]),
        "size": sum(weight.detach().square().sum().item() for weight in weights),
    }


def learns(given: Any, look: Look = sorted_points, right: float = 0.9) -> None:
    """It is Broken where fewer of the new points than the share `right` are sorted well."""
    share = runs(given, look).seen["right"]
    expect(share >= right, f"{share:.0%} of 300 new points are sorted right; a cured program comes above {right:.0%}")


# ── In a process of its own ───────────────────────────────────────────────────────────────────────────────────────────


def _run(source: str, look: Look | None, watched: bool) -> Visit:
    _warm()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _in_child(source, look, watched, theirs)
    os.close(theirs)
    try:
        answer = json.loads(_read(ours) or "{}")
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not answer:
        return Visit(error=f"it came to no end within {PATIENCE:g} seconds, or its process died")
    return Visit(**{**answer, "found": tuple(Told(**told) for told in answer["found"])})


@functools.cache
def _warm() -> None:
    """Does once what else each fork would wait for: the first optimizer of a process imports for two seconds."""
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def _read(pipe: int) -> str:
    """All that comes through a pipe until it ends; "" where that takes too long."""
    parts: list[bytes] = []
    end = time.monotonic() + PATIENCE
    while select.select([pipe], [], [], max(end - time.monotonic(), 0))[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            return b"".join(parts).decode()
        parts.append(part)
    return ""


def _in_child(source: str, look: Look | None, watched: bool, pipe: int) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        torch.set_num_threads(1)  # a fork has none of the threads that its parent's torch would wait for
        gc.freeze()  # what looks for tensors need not walk, and so copy, what was there before
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as printed:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
            answer = _answer(_written(source, folder), look, watched)
            sys.stdout.flush()
            printed.seek(0)
            text = json.dumps({**answer, "printed": printed.read()[-2000:]})
        with os.fdopen(pipe, "w") as out:
            out.write(text)
    finally:
        os._exit(0)


def _written(source: str, folder: str) -> str:
    path = os.path.join(folder, "program.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(source)
    return path


def _answer(path: str, look: Look | None, watched: bool) -> dict[str, Any]:
    """What the process is to say: a Visit as plain data."""
    import runpy
    import warnings

    warnings.simplefilter("ignore")
    sys.argv = [path]
    answer: dict[str, Any] = {"seen": {}}
    found: list[Any] = []
    watching: contextlib.AbstractContextManager[list[Any]]
    watching = watch(device="cuda") if watched else contextlib.nullcontext([])
    try:
        with watching as found:
            names = runpy.run_path(path, run_name="__main__")
            place = _place(names)
        if look:
            answer["seen"] = {"place": place, **_looked(look, names)}
    except BaseException as error:
        mine = [call.lineno for call in traceback.extract_tb(error.__traceback__) if call.filename == path]
        said = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines() or [""]
        answer.update(error=clean(said[0], 300), line=mine[-1] if mine else 0)
        answer["found"] = [_told(finding) for finding in found]
        if not any(finding.status == "fail" for finding in found):
            known = [_told(finding) for finding in explain(traceback.format_exc()) if finding.status == "fail"]
            answer["found"] += [
                {**told, "line": answer["line"]} for told in known
            ]  # the printed lines are torch's, too
        return answer
    answer["found"] = [_told(finding) for finding in found]
    return answer


def _place(names: dict[str, Any]) -> str:
    """Where the program's model lives: "cuda" may be one of our own, which ends with the watch."""
    model = names.get("model")
    return next((weight.device.type for weight in model.parameters()), "") if isinstance(model, torch.nn.Module) else ""


def _looked(look: Look, names: dict[str, Any]) -> dict[str, Any]:
    try:
        return look(names)
    except KeyError as error:
        raise RuntimeError(f"the program leaves no name {error.args[0]!r}; it has to keep what it returns") from None


def _told(finding: Any) -> dict[str, Any]:
    where = finding.where
    return {
        "id": finding.id,
        "status": finding.status,
        "title": clean(finding.title, 160),
        "line": (where.line or 0) if where else 0,
    }
