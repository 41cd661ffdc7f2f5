"""Runs scripts under other checkers, each in a child forked from one process that has torch loaded.

    PYTHON peer_host.py        a request a line on stdin, an answer a line on stdout

PYTHON is one in which mldoct, torch-audit and torchtest2 are installed. Each is used as its own page says, without a
change of the script by hand: mldoct reads it; torch-audit's `autopatch(model, optimizer=...)` is called once an
optimizer was made, and audits every step; torchtest2's `check_model(model, inputs, targets, loss_fn=...,
optimizer=...)` is called on the first batch whose loss is computed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

LOSSES = (
    "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "kl_div",
)  # fmt: skip


def main() -> None:
    import torch

    torch.set_num_threads(1)
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)  # imports what every child would import anew
    import mldoctor.linter  # noqa: F401
    import torch_audit  # noqa: F401
    import torchtest2  # noqa: F401

    for line in sys.stdin:
        print(_forked(json.loads(line)), flush=True)


def _forked(request: dict[str, str]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as out:
            out.write(json.dumps(_answer(request)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text or json.dumps({"said": [], "trouble": "the process died"})


def _answer(request: dict[str, str]) -> dict[str, Any]:
    """What the checker said, (status, id) each; `trouble`: why it could not be used on this script."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            said = CHECKERS[request["checker"]](request["path"])
        except BaseException as error:
            return {"said": [], "trouble": "".join(traceback.format_exception_only(type(error), error)).strip()}
    return {"said": sorted(set(said)), "trouble": ""}


Said = list[tuple[str, str]]


def _mldoct(path: str) -> Said:
    from mldoctor.linter import lint_script

    findings, _ = lint_script(path)
    return [(each["severity"], each["type"]) for each in findings]


def _torch_audit(path: str) -> Said:
    from torch_audit import autopatch

    auditors: list[Any] = []
    _made(lambda model, optimizer: auditors.append(autopatch(model, optimizer=optimizer, every_n_steps=1)))
    trouble = _run(path)
    if not auditors:
        raise RuntimeError(trouble or "no optimizer was made for a model that could be found")
    results = [auditor.finish(report=False) for auditor in auditors]
    return [(each.severity.name, each.rule_id) for result in results for each in result.findings]


def _torchtest2(path: str) -> Said:
    import torch
    import torchtest2

    made: list[tuple[Any, Any]] = []
    calls: dict[int, tuple[Any, ...]] = {}
    reports: list[Any] = []

    def record(module: Any, args: tuple[Any, ...], output: Any) -> None:
        calls[id(module)] = args

    def began(model: Any, optimizer: Any) -> None:
        made.append((model, optimizer))
        model.register_forward_hook(record)

    def measured(loss: Callable[..., Any], target: Any, options: dict[str, Any]) -> None:
        for model, optimizer in made:
            if not reports and id(model) in calls:
                reports.append(None)  # what it calls itself is not looked at
                reports[0] = torchtest2.check_model(
                    model,
                    calls[id(model)],
                    target,
                    loss_fn=lambda output, target: loss(output, target, **options),
                    optimizer=optimizer,
                )
                raise _Enough

    _made(began)
    for name in LOSSES:
        _watch(torch.nn.functional, name, measured)
    trouble = _run(path)
    if not reports or reports[0] is None:
        raise RuntimeError(trouble or "no loss of a model was computed by torch's own functions")
    return [(result.status.name, result.name) for result in reports[0].results]


class _Enough(BaseException):
    """The first batch was looked at; the rest of the script tells nothing more."""


def _watch(functional: Any, name: str, measured: Callable[..., None]) -> None:
    original = getattr(functional, name)

    def watched(output: Any, target: Any, **options: Any) -> Any:
        measured(original, target, options)
        return original(output, target, **options)

    def called(*args: Any, **options: Any) -> Any:
        return watched(*args, **options) if len(args) == 2 else original(*args, **options)

    setattr(functional, name, called)


def _made(tell: Callable[[Any, Any], None]) -> None:
    """Has `tell` called with each optimizer and the model whose parameters it holds, as soon as it is made."""
    import torch

    original = torch.optim.Optimizer.__init__

    def init(self: Any, params: Any, defaults: Any) -> None:
        original(self, params, defaults)
        held = {id(each) for group in self.param_groups for each in group["params"]}
        if model := _model_with(held, sys._getframe(2)):
            tell(model, self)

    torch.optim.Optimizer.__init__ = init  # type: ignore[method-assign]


def _model_with(held: set[int], frame: Any) -> Any:
    """The module, among the variables where the optimizer is made, that has most of its parameters."""
    import torch

    seen: list[Any] = []
    for _ in range(3):
        if frame is None:
            break
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, torch.nn.Module):
                seen.append(value)
            elif hasattr(value, "__dict__"):
                seen += [each for each in vars(value).values() if isinstance(each, torch.nn.Module)]
        frame = frame.f_back
    shares = [(len(held & {id(each) for each in module.parameters()}), module) for module in seen]
    best = max(shares, key=lambda share: share[0], default=(0, None))
    return best[1] if best[0] else None


def _run(path: str) -> str:
    """Runs a script as __main__; the last line of its traceback, "" without."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    try:
        exec(compile(source, path, "exec"), {"__name__": "__main__", "__file__": path})  # noqa: S102
    except _Enough:
        return ""
    except BaseException as error:
        return "".join(traceback.format_exception_only(type(error), error)).strip()
    return ""


CHECKERS: dict[str, Callable[[str], Said]] = {
    "mldoct": _mldoct,
    "torch-audit": _torch_audit,
    "torchtest2": _torchtest2,
}

if __name__ == "__main__":
    main()
