"""From an operation that CUDA refuses to a finding: who is alone, why, and the line that puts it right."""

from __future__ import annotations

import ast
import os
from dataclasses import replace
from typing import Any, Protocol

import torch

from diagnostics.finding import Finding, Step, Where
from diagnostics.training.advice.remedies import Fault, remedy
from diagnostics.training.advice.words import assignment, device_word, scope_at
from diagnostics.training.naming import Origin, Scene, at_line, change
from diagnostics.training.naming.source import written

LESSON = "devices"
MOST_SHOWN = 6
"""Tensors of an operation that a finding lists, the odd ones first."""

IDS = {
    "mix": "device-mismatch",
    "host": "host-argument",
    "numpy": "numpy-of-gpu-tensor",
    "generator": "generator-device",
    "ordinal": "no-such-gpu",
    "fork": "cuda-in-forked-worker",
    "autocast": "bce-autocast",
}


class Operand(Protocol):
    """A tensor of the refused operation; `odd` where it does not fit with the others. `device` None: not known."""

    @property
    def argument(self) -> str: ...
    @property
    def tensor(self) -> Any: ...
    @property
    def device(self) -> Any: ...
    @property
    def odd(self) -> bool: ...


class Mismatch(Protocol):
    """An operation that is refused, and CUDA's words for it."""

    @property
    def op(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def operands(self) -> tuple[Any, ...]: ...


def advise(mismatch: Mismatch, scene: Scene) -> Finding:
    """The finding for a refused operation; its place is the innermost line of the reader's."""
    scene = scene.among([each.tensor for each in mismatch.operands])
    make = {"mix": _mix, "numpy": _numpy, "host": _host, "generator": _generator}.get(mismatch.kind, _plain)
    found = make(mismatch, scene)
    shown = sorted(mismatch.operands, key=lambda each: not each.odd)
    return replace(
        found,
        id=IDS.get(mismatch.kind, IDS["mix"]),
        evidence=(*_evidence(shown, scene), *found.evidence, f"CUDA says: {mismatch.message}"),
        where=_where(shown[:MOST_SHOWN], scene, found.where) if scene.places else None,
        lesson=LESSON,
        category={"autocast": "amp", "fork": "dataloader"}.get(mismatch.kind, "device-mismatch"),
    )


def _where(operands: list[Any], scene: Scene, blamed: Where | None) -> Where:
    """The place, with the tensor that is to blame before those of the operation."""
    where = scene.where([each.tensor for each in operands])
    return replace(where, tensors=(*(blamed.tensors if blamed else ()), *where.tensors))


def _finding(title: str, cause: str, steps: tuple[Step, ...] = ()) -> Finding:
    return Finding("", "fail", title, (), cause, steps)


def _mix(mismatch: Mismatch, scene: Scene) -> Finding:
    odd = [each for each in mismatch.operands if each.odd] or list(mismatch.operands[:1])
    others = [each for each in mismatch.operands if not each.odd and each.device is not None]
    subject = next((each for each in odd if scene.name(each.tensor)), odd[0] if odd else None)
    if subject is None or not others:
        return _plain(mismatch, scene)
    fault = Fault(scene, subject.tensor, scene.origin(subject.tensor), others[0].device)
    if fault.origin is None:
        fault = _given(fault)
    found = remedy(fault)
    name = fault.origin.name if fault.origin else ""
    title = f"{_called(name, subject)} is on {subject.device}, and {_partner(others, scene)}"
    blamed = scene.where([fault.tensor]) if fault.tensor is not subject.tensor else None
    return replace(_finding(title, found.cause, found.steps), evidence=_handed(fault.names()), where=blamed)


def _given(fault: Fault) -> Fault:
    """The same for what the reader's line gave on that device: a library made the odd tensor from it."""
    here = str(fault.scene.device_of(fault.tensor))
    for place in fault.scene.places[:1]:
        for name, tensor in fault.scene.tensors_at(place):
            if str(fault.scene.device_of(tensor)) == here:
                return Fault(fault.scene, tensor, name, fault.wanted)
    return fault


def _partner(others: list[Any], scene: Scene) -> str:
    """What it met: an operand with a name, else what the operand was made from on the reader's line."""
    wanted = others[0].device
    named = [name for each in others if (name := scene.name(each.tensor))]
    for origin, tensor in scene.tensors_at(scene.places[0]) if scene.places and not named else ():
        if str(scene.device_of(tensor)) == str(wanted):
            named.append(origin.name)
    return f"`{named[0]}` is on {wanted}" if named else f"what it meets is on {wanted}"


def _called(name: str, operand: Operand) -> str:
    return f"`{name}`" if name else f"the {operand.argument or 'other'} of the operation"


def _handed(names: list[Origin]) -> tuple[str, ...]:
    """How the tensor came here, where its name changed on the way."""
    if len({each.name for each in names}) < 2:
        return ()
    return (
        ", ".join(
            f"`{each.name}` at {os.path.basename(each.place.file)}:{each.place.line}" for each in names if each.name
        )
        + " are one tensor",
    )


def _evidence(operands: list[Any], scene: Scene) -> list[str]:
    lines = []
    for each in operands:
        name, born = scene.name(each.tensor), scene.born(each.tensor)
        made = f", made at {born}" if born else ""
        shape = scene.tensor(each.tensor).shape
        lines.append(f"{_called(name, each)}: {each.device or 'device not known'}, shape {shape}{made}")
    return list(dict.fromkeys(lines))[:MOST_SHOWN]


def _numpy(mismatch: Mismatch, scene: Scene) -> Finding:
    tensor = mismatch.operands[0].tensor if mismatch.operands else None
    origin = scene.origin(tensor) if tensor is not None else None
    code = "{}.detach().cpu()" if tensor is not None and tensor.requires_grad else "{}.cpu()"
    step = change(scene, origin, code, inline=True)
    name = f"`{origin.name}`" if origin else "a tensor"
    place = mismatch.operands[0].device if mismatch.operands else "the GPU"
    return _finding(
        f"{name} is on {place}, and numpy reads CPU memory alone",
        "An array and its tensor share memory, and numpy cannot reach that of a GPU.",
        (step,) if step else (Step("call .cpu() before the tensor is made an array", ".cpu()"),),
    )


def _host(mismatch: Mismatch, scene: Scene) -> Finding:
    odd = next((each for each in mismatch.operands if each.odd), mismatch.operands[0])
    origin = scene.origin(odd.tensor)
    step = change(scene, origin, "{}.cpu()", inline=True)
    return _finding(
        f"{_called(scene.name(odd.tensor), odd)} is on {odd.device}, and has to be on the CPU",
        f"The {odd.argument or 'argument'} is read by Python, not by the GPU, whatever the other tensors are on.",
        (step,) if step else (Step(f"give the {odd.argument or 'argument'} with .cpu()", ".cpu()"),),
    )


def _generator(mismatch: Mismatch, scene: Scene) -> Finding:
    """ "Expected a 'cuda' device type for generator but found 'cpu'"."""
    wanted = "cuda" if "Expected a 'cuda'" in mismatch.message else "cpu"
    return _finding(
        f"the random generator is not on {wanted}, where the numbers are drawn",
        "A generator draws on its own device alone.",
        tuple(_new_generator(scene, torch.device(wanted))),
    )


def _new_generator(scene: Scene, wanted: torch.device) -> list[Step]:
    for place in scene.places:
        node = scene.node_at(place)
        given = [each.value for each in node.keywords if each.arg == "generator"] if isinstance(node, ast.Call) else []
        name = written(place.file, given[0]) if given else ""
        word = device_word(place, wanted) if wanted.type != "cpu" else ""
        for scope in (scope_at(place.file, place.line), scope_at(place.file, 0)):
            made = assignment(place.file, name, scope) if name else None
            if made is not None:
                text = written(place.file, made)
                start = text.find("torch.Generator(")
                if start >= 0:
                    end = text.index(")", start) + 1
                    return [at_line(made.lineno, f"{text[:start]}torch.Generator({word}){text[end:]}")]
    return [Step(f'make it with `torch.Generator("{wanted}")`', f'torch.Generator("{wanted}")')]


_PLAIN = {
    "ordinal": (
        "the script asks for a GPU that is not there",
        "GPUs are counted from 0.",
        "name one that is there, or say with --gpus how many there are",
    ),
    "fork": (
        "CUDA is used in a forked worker",
        "A forked process cannot use the CUDA of its parent: what a loader's workers give is on the CPU.",
        "give CPU tensors from the data set and move the batch in the loop, or start workers with spawn",
    ),
    "autocast": (
        "binary_cross_entropy is refused under autocast",
        "Its input, a probability in 16 bits, rounds to 0 and 1, where the loss has no end.",
        "take F.binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss), without a sigmoid before it",
    ),
}


def _plain(mismatch: Mismatch, scene: Scene) -> Finding:
    title, cause, step = _PLAIN.get(mismatch.kind, ("tensors of different devices meet", "", ""))
    at = f"line {scene.line}: " if scene.line and step else ""
    return _finding(title, cause, (Step(at + step),) if step else ())
