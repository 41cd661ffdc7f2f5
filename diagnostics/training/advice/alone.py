"""Faults of one thing alone: a tensor that Python cannot read, a generator, a GPU that is not there, a moved leaf."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from diagnostics.finding import Finding, Step, Tensor, Where
from diagnostics.training.advice.parts import Mismatch, Operand, called, finding
from diagnostics.training.advice.remedies import MOVES, Fault, born_elsewhere
from diagnostics.training.advice.words import around, assignment, device_word, scope_at
from diagnostics.training.leaves import leaf_of
from diagnostics.training.naming import Origin, Place, Scene, becomes, change, within
from diagnostics.training.naming.lookup import resolve
from diagnostics.training.naming.source import written
from diagnostics.training.naming.syntax import calls_at


def numpy(mismatch: Mismatch, scene: Scene) -> Finding:
    """A GPU tensor was made an array."""
    tensor = mismatch.operands[0].tensor if mismatch.operands else None
    origin = scene.origin(tensor) if tensor is not None else None
    code = "{}.detach().cpu()" if tensor is not None and tensor.requires_grad else "{}.cpu()"
    step = change(scene, origin, code, inline=True)
    name = f"`{origin.name}`" if origin else "a tensor"
    place = mismatch.operands[0].device if mismatch.operands else "the GPU"
    return finding(
        f"{name} is on {place}, and numpy reads CPU memory alone",
        "An array and its tensor share memory, and numpy cannot reach that of a GPU.",
        (step,) if step else (Step("call .cpu() before the tensor is made an array", ".cpu()"),),
    )


def host(mismatch: Mismatch, scene: Scene) -> Finding:
    """An argument that the host reads is on a GPU."""
    odd = next((each for each in mismatch.operands if each.odd), mismatch.operands[0])
    origin = scene.origin(odd.tensor)
    source = origin or scene.given(odd.argument) or scene.held(lambda tensor: _is_at(scene, tensor, odd.device))
    title = (
        f"{called(source.name if source else '', odd, mismatch, scene)} is on {odd.device}, and has to be on the CPU"
    )
    if mismatch.op == "pin_memory" and origin is None:
        text = "leave `pin_memory=True` out, or keep the data set on the CPU and move each batch in the loop"
        cause = "A loader with `pin_memory=True` copies its batches into pinned memory of the CPU."
        found = finding(title, cause, (Step(text, "pin_memory=False"),))
    else:
        step = change(scene, source, "{}.cpu()", inline=True)
        cause = (
            f"The {odd.argument or 'argument'} is read by Python, not by the GPU, whatever the other tensors are on."
        )
        given = Step(f"give the {odd.argument or 'argument'} with .cpu()", ".cpu()")
        found = finding(title, cause, (step or given,))
    return found if origin or source is None else replace(found, where=_blamed(scene, source, odd))


def _is_at(scene: Scene, tensor: torch.Tensor, device: object) -> bool:
    return str(scene.device_of(tensor)) == str(device)


def _blamed(scene: Scene, source: Origin, odd: Operand) -> Where:
    """What the reader gave, in place of the tensor that a library made of it."""
    value = resolve(source.node, source.place) if source.node is not None else source.tensor
    known = scene.tensor(value) if isinstance(value, torch.Tensor) else scene.tensor(odd.tensor)
    return replace(scene.where(), tensors=(replace(known, name=source.name),))


def python(mismatch: Mismatch, scene: Scene) -> Finding:
    """apply_ and map_, which call a Python function with each number."""
    odd = mismatch.operands[0]
    origin = scene.origin(odd.tensor)
    who = called(scene.name(odd.tensor), odd, mismatch, scene)
    return finding(
        f"{who} is on {odd.device}, and {mismatch.op or 'the method'} is for the CPU",
        "It calls a Python function with one number after the other, which only CPU memory allows.",
        (_on_the_cpu(scene, origin) or Step("compute it with functions of torch, or on `.cpu()`", ".cpu()"),),
    )


def _on_the_cpu(scene: Scene, origin: Origin | None) -> Step | None:
    """`x.apply_(f)` done on a copy, whose numbers go back into x."""
    node = scene.node_at(origin.place) if origin else None
    if origin is None or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.value is not origin.node or isinstance(origin.node, ast.Call):
        return change(scene, origin, "{}.cpu()", inline=True)
    inside = written(origin.place.file, node).replace(origin.name, f"{origin.name}.cpu()", 1)
    whole = written(origin.place.file, node)
    return within(origin.place.line, whole, f"{origin.name}.copy_({inside})")


def generator(mismatch: Mismatch, scene: Scene) -> Finding:
    """ "Expected a 'cuda' device type for generator but found 'cpu'"."""
    wanted, found = ("cuda", "cpu") if "Expected a 'cuda'" in mismatch.message else ("cpu", "cuda")
    name, steps = _generator(scene, torch.device(wanted))
    title = f"{f'the generator `{name}`' if name else 'the random generator'} is not on {wanted}"
    made = finding(f"{title}, where the numbers are drawn", "A generator draws on its own device alone.", steps)
    return _about(made, scene, name, found)


def _generator(scene: Scene, wanted: torch.device) -> tuple[str, tuple[Step, ...]]:
    """What the reader calls it, and how to make it anew."""
    for place in scene.places:
        node = scene.node_at(place)
        given = [each.value for each in node.keywords if each.arg == "generator"] if isinstance(node, ast.Call) else []
        name = written(place.file, given[0]) if given else ""
        word = device_word(place, wanted) if wanted.type != "cpu" else ""
        made = _assigned(place, name) if name else None
        if made is not None:
            text = written(place.file, made)
            start = text.find("torch.Generator(")
            if start >= 0:
                end = text.index(")", start) + 1
                return name, (becomes(place.file, made, f"{text[:start]}torch.Generator({word}){text[end:]}"),)
        if name:
            return name, (_any_generator(wanted),)
        for each, value in scene.readable(place):
            if isinstance(value, torch.utils.data.DataLoader):
                return _of_loader(place, written(place.file, each), word)
    return "", (_any_generator(wanted),)


def _any_generator(wanted: torch.device) -> Step:
    return Step(f'make it with `torch.Generator("{wanted}")`', f'torch.Generator("{wanted}")')


def _of_loader(place: Place, loader: str, word: str) -> tuple[str, tuple[Step, ...]]:
    """A loader shuffles with a generator of the CPU where it is given none."""
    code, made = f"generator=torch.Generator({word})", _assigned(place, loader)
    if made is None or not isinstance(made.value, ast.Call):
        return f"{loader}.generator", (Step(f"give the loader `{code}`", code),)
    return f"{loader}.generator", (becomes(place.file, made, f"{written(place.file, made)[:-1]}, {code})"),)


def _assigned(place: Place, name: str) -> ast.Assign | None:
    scopes = (scope_at(place.file, place.line), scope_at(place.file, 0))
    return next((made for scope in scopes if (made := assignment(place.file, name, scope))), None)


def ordinal(mismatch: Mismatch, scene: Scene) -> Finding:
    """A GPU that is not there."""
    name = next(_devices(mismatch.op, scene), "")
    at = f"line {scene.line}: " if scene.line else ""
    asked = f"`{name}` is {mismatch.op}" if name and mismatch.op else "the script asks for a GPU"
    made = finding(
        f"{asked}, and there is no such GPU" if name and mismatch.op else f"{asked} that is not there",
        "GPUs are counted from 0.",
        (Step(f"{at}name one that is there, or say with --gpus how many there are"),),
    )
    return _about(made, scene, name, mismatch.op)


def _devices(asked: str, scene: Scene) -> Iterator[str]:
    """The expressions on the reader's line that name this device: as a device or a text first, then by its number."""
    for place in scene.places[:1]:
        node = scene.node_at(place)
        constants = [(each, each.value) for each in ast.walk(node) if isinstance(each, ast.Constant)] if node else []
        values = [*scene.readable(place), *constants]
        yield from (written(place.file, each) for each, value in values if _names(value, asked))
        yield from (
            written(place.file, each) for each, value in values if type(value) is int and f"cuda:{value}" == asked
        )


def _names(value: object, asked: str) -> bool:
    if isinstance(value, torch.device):
        return str(value) == asked or (not asked and value.type == "cuda")
    return type(value) is str and value == asked


def fork(mismatch: Mismatch, scene: Scene) -> Finding:
    """CUDA in a forked worker."""
    at = f"line {scene.line}: " if scene.line else ""
    made = finding(
        "CUDA is used in a forked worker",
        "A forked process cannot use the CUDA of its parent: what a loader's workers give is on the CPU.",
        (Step(f"{at}give CPU tensors from the data set and move the batch in the loop, or start workers with spawn"),),
    )
    node = scene.node_at(scene.places[0]) if scene.places else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MOVES:
        moved = resolve(node.func.value, scene.places[0])
        if isinstance(moved, torch.Tensor):
            return replace(made, where=scene.where([moved]))
    return made


def leaf(mismatch: Mismatch, scene: Scene) -> Finding:
    """What is to be trained is the copy of a leaf, made by a move to another device."""
    moved = mismatch.operands[0]
    source = leaf_of(moved.tensor, scene.device_of)
    who = called(scene.name(moved.tensor), moved, mismatch, scene)
    return finding(
        f"{who} is a copy on {moved.device} of the tensor that can be trained, and no leaf",
        "requires_grad was set before the move: `.grad` is filled in the tensor that was moved, not in its copy, and "
        "optimizers take leaves alone.",
        (_made_there(scene, source, moved) if source is not None else None) or (_any_leaf(),),
    )


def _any_leaf() -> Step:
    code = "torch.zeros(..., device=device, requires_grad=True)"
    return Step(f"make it where it is to be: `{code}`, or `.to(device).detach().requires_grad_()`", code)


def _made_there(scene: Scene, source: torch.Tensor, moved: Operand) -> tuple[Step, ...] | None:
    """The leaf made on the device in the first place; else a new leaf of the copy."""
    found = born_elsewhere(Fault(scene, source, None, moved.device))
    if found is not None:
        return tuple(_without_second_move(each) for each in found.steps)
    birth = scene.birth(moved.tensor)
    calls = [call for name in MOVES for call in calls_at(birth[0], birth[1], name)] if birth else []
    if birth is None or len(calls) != 1:
        return None
    whole, text = around(birth[0], calls[0]), written(birth[0], calls[0])
    if whole is None:
        return None
    code = written(birth[0], whole).replace(text, f"{text}.detach().requires_grad_()")
    return (becomes(birth[0], whole, code),)


def _without_second_move(step: Step) -> Step:
    """`torch.zeros(3, device=device).to(device)` says it twice."""
    code = step.command
    try:
        calls = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Call)]
    except SyntaxError:
        return step
    for call in calls:
        inner = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr in MOVES else None
        if isinstance(inner, ast.Call) and any(each.arg == "device" for each in inner.keywords):
            shorter = code.replace(ast.get_source_segment(code, call) or "", ast.get_source_segment(code, inner) or "")
            return replace(step, text=step.text.replace(code, shorter), command=shorter)
    return step


def plain(mismatch: Mismatch, scene: Scene) -> Finding:
    """What needs no names."""
    if mismatch.kind != "autocast":
        return finding("tensors of different devices meet", "")
    at = f"line {scene.line}: " if scene.line else ""
    return finding(
        "binary_cross_entropy is refused under autocast",
        "Its input, a probability in 16 bits, rounds to 0 and 1, where the loss has no end.",
        (Step(f"{at}take F.binary_cross_entropy_with_logits (nn.BCEWithLogitsLoss), without a sigmoid before it"),),
    )


def _about(made: Finding, scene: Scene, name: str, device: str) -> Finding:
    """The same about something that is no tensor, by its name."""
    if not name:
        return made
    where = replace(scene.where(), tensors=(Tensor(name, device),))
    return replace(made, where=where, evidence=(f"`{name}`: {device}",) if device else ())


MAKERS: dict[str, Callable[[Any, Scene], Finding]] = {
    "numpy": numpy,
    "host": host,
    "python": python,
    "generator": generator,
    "ordinal": ordinal,
    "fork": fork,
    "leaf": leaf,
}
