"""From an operation that CUDA refuses to a finding: who is alone, why, and the line that puts it right."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

import torch

from diagnostics.finding import Finding, Where
from diagnostics.training.advice import alone
from diagnostics.training.advice.parts import Mismatch, called, finding, held_by_modules
from diagnostics.training.advice.remedies import Fault, remedy
from diagnostics.training.naming import Origin, Scene

LESSON = "devices#two-devices"
MOST_SHOWN = 6
"""Tensors of an operation that a finding lists, the odd ones first."""
MOST_NAMES = 3
"""Names of one tensor that a finding tells, the innermost first."""

IDS = {
    "mix": "device-mismatch",
    "module": "device-mismatch",
    "host": "host-argument",
    "python": "host-argument",
    "numpy": "numpy-of-gpu-tensor",
    "generator": "generator-device",
    "ordinal": "no-such-gpu",
    "fork": "cuda-in-forked-worker",
    "autocast": "bce-autocast",
    "leaf": "moved-leaf",
}

_WANTED = re.compile(r"on device (\S+)")


def advise(mismatch: Mismatch, scene: Scene, *, real: bool = False) -> Finding:
    """The finding for a refused operation; its place is the innermost line of the reader's. real: a GPU refused it."""
    scene = scene.among([each.tensor for each in mismatch.operands])
    make = {"mix": _mix, "module": _module, **alone.MAKERS}.get(mismatch.kind, alone.plain)
    found = make(mismatch, scene)
    shown = sorted(mismatch.operands, key=lambda each: not each.odd)
    return replace(
        found,
        id=IDS.get(mismatch.kind, IDS["mix"]),
        evidence=(*_evidence(shown, mismatch, scene), *found.evidence, f"{_who(mismatch, real)}: {mismatch.message}"),
        where=_where(shown[:MOST_SHOWN], scene, found.where) if scene.places else None,
        lesson=LESSON,
        category={"autocast": "amp", "fork": "dataloader"}.get(mismatch.kind, "device-mismatch"),
    )


def _where(operands: list[Any], scene: Scene, blamed: Where | None) -> Where:
    """The place, with the tensor that is to blame before those of the operation."""
    where = scene.where([each.tensor for each in operands if not blamed or scene.name(each.tensor)])
    return replace(where, tensors=(*(blamed.tensors if blamed else ()), *where.tensors))


def _who(mismatch: Mismatch, real: bool) -> str:
    if mismatch.kind in ("leaf", "module"):
        return "PyTorch says"
    return "CUDA says" if real else "CUDA would say"


def _mix(mismatch: Mismatch, scene: Scene) -> Finding:
    odd = [each for each in mismatch.operands if each.odd] or list(mismatch.operands[:1])
    others = [each for each in mismatch.operands if not each.odd and each.device is not None]
    subject = next((each for each in odd if scene.name(each.tensor)), odd[0] if odd else None)
    if subject is None or not others:
        return alone.plain(mismatch, scene)
    fault = Fault(scene, subject.tensor, scene.origin(subject.tensor), others[0].device)
    if fault.origin is None:
        fault = _given(fault)
    found = remedy(fault)
    name = fault.origin.name if fault.origin else ""
    title = f"{called(name, subject, mismatch, scene)} is on {subject.device}, and {_partner(others, mismatch, scene)}"
    blamed = scene.where([fault.tensor]) if fault.tensor is not subject.tensor else None
    return replace(finding(title, found.cause, found.steps), evidence=_handed(fault.names()), where=blamed)


def _module(mismatch: Mismatch, scene: Scene) -> Finding:
    """DataParallel's module is not where DataParallel begins."""
    odd, wanted = mismatch.operands[0], _WANTED.search(mismatch.message)
    where = torch.device(wanted.group(1) if wanted else "cuda:0")
    found = remedy(Fault(scene, odd.tensor, scene.origin(odd.tensor), where))
    title = (
        f"{called(scene.name(odd.tensor), odd, mismatch, scene)} is on {odd.device}, and DataParallel begins on {where}"
    )
    return finding(title, found.cause, found.steps)


def _given(fault: Fault) -> Fault:
    """The same for what the reader's line gave on that device: a library made the odd tensor from it."""
    here = str(fault.scene.device_of(fault.tensor))
    for place in fault.scene.places[:1]:
        for name, tensor in fault.scene.tensors_at(place):
            if str(fault.scene.device_of(tensor)) == here:
                return Fault(fault.scene, tensor, name, fault.wanted)
    return fault


def _partner(others: list[Any], mismatch: Mismatch, scene: Scene) -> str:
    """What it met: an operand with a name, else what the operand was made from on the reader's line."""
    wanted = others[0].device
    modules = held_by_modules(others, scene)
    named = [modules[id(each)].path if id(each) in modules else scene.name(each.tensor) for each in others]
    named = [name for name in named if name]
    for origin, tensor in scene.tensors_at(scene.places[0]) if scene.places and not named else ():
        if str(scene.device_of(tensor)) == str(wanted):
            named.append(origin.name)
    return f"{called(named[0] if named else '', others[0], mismatch, scene)} is on {wanted}"


def _handed(names: list[Origin]) -> tuple[str, ...]:
    """How the tensor came here, where its name changed on the way."""
    if len({each.name for each in names}) < 2:
        return ()
    met = dict.fromkeys((each.name, os.path.basename(each.place.file), each.place.line) for each in names if each.name)
    shown = [f"`{name}` at {file}:{line}" for name, file, line in met][:MOST_NAMES]
    return (", ".join(shown) + " are one tensor",) if len(shown) > 1 else ()


def _evidence(operands: list[Any], mismatch: Mismatch, scene: Scene) -> list[str]:
    lines, modules = [], held_by_modules(operands, scene)
    for each in operands:
        born, device = scene.born(each.tensor), each.device or "device not known"
        made = f", made at {born}" if born else ""
        if id(each) in modules:
            module = modules[id(each)]
            lines.append(f"`{module.path}`: {device} ({module.parts}){made}")
        else:
            name, shape = scene.name(each.tensor), scene.tensor(each.tensor).shape
            lines.append(f"{called(name, each, mismatch, scene)}: {device}, shape {shape}{made}")
    return list(dict.fromkeys(lines))[:MOST_SHOWN]
