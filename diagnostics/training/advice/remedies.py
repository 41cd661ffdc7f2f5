"""Why a tensor is on the wrong device, and the line that puts it right: the first remedy that fits is taken."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from diagnostics.finding import Step
from diagnostics.training.advice.makers import beside, constant_shape, siblings
from diagnostics.training.advice.modules import Link, devices, outermost
from diagnostics.training.advice.targets import container, is_own, is_written
from diagnostics.training.advice.words import (
    around,
    assignment,
    device_word,
    in_scope,
    is_device,
    of_self,
    scope_at,
    statements,
    writes_literal,
)
from diagnostics.training.naming import Origin, Place, Scene, added, becomes, change
from diagnostics.training.naming.lookup import resolve
from diagnostics.training.naming.source import written
from diagnostics.training.naming.syntax import calls_at

MOVES = ("to", "cuda", "cpu")
TAKES_DEVICE = (
    *("arange", "as_tensor", "asarray", "empty", "eye", "full", "linspace", "logspace", "normal", "ones", "rand"),
    *("randint", "randn", "randperm", "tensor", "zeros", "new_empty", "new_full", "new_ones", "new_tensor"),
    "new_zeros",
    *(f"{name}_like" for name in ("empty", "full", "ones", "rand", "randint", "randn", "zeros")),
)
FROM_ELSEWHERE = ("from_numpy", "frombuffer", "Tensor", "FloatTensor", "LongTensor")


@dataclass(frozen=True)
class Fault:
    """The odd tensor of an operation, what the reader calls it, and the device where it should be."""

    scene: Scene
    tensor: torch.Tensor
    origin: Origin | None
    wanted: Any

    def names(self) -> list[Origin]:
        """Its names, the innermost first."""
        outward = self.scene.outward(self.tensor)
        return outward or ([self.origin] if self.origin else [])

    def word(self, place: Place | None, line: int = 0) -> str:
        """The device as the reader writes it there: that of a tensor it has, where it names none."""
        word = device_word(place, self.wanted, line)
        if place is None or not word.startswith('"'):
            return word
        line = line or place.line
        if scope_at(place.file, line) is not scope_at(place.file, place.line):
            return word
        named = [(origin.name, tensor) for origin, tensor in self.scene.tensors_at(place) if origin.name.isidentifier()]
        for name, value in (*named, *list(place.frame.f_locals.items())):
            there = isinstance(value, torch.Tensor) and str(self.scene.device_of(value)) == str(self.wanted)
            if there and in_scope(place, name, line):
                return f"{name}.device"
        return word


@dataclass(frozen=True)
class Remedy:
    """Why, and what to do about it."""

    cause: str
    steps: tuple[Step, ...] = ()


def remedy(fault: Fault) -> Remedy:
    """The first that fits."""
    for rule in RULES:
        found = rule(fault)
        if found is not None:
            return found
    return Remedy("It was never moved to the device of the others.")


def thrown_away(fault: Fault) -> Remedy | None:
    """`x.to(device)` as a statement: of a tensor it changes nothing."""
    for name in () if is_written(fault.scene, fault.tensor) else fault.names():
        for each in statements(scope_at(name.place.file, name.place.line)):
            if not isinstance(each, ast.Expr) or not isinstance(each.value, ast.Call):
                continue
            call = each.value
            if (
                isinstance(call.func, ast.Attribute)
                and call.func.attr in MOVES
                and written(name.place.file, call.func.value) == name.name
                and each.lineno <= name.place.line
            ):
                code = written(name.place.file, call)
                return Remedy(
                    f"`{code}` gives a new tensor, and line {each.lineno} throws it away.",
                    (becomes(name.place.file, each, f"{name.name} = {code}"),),
                )
    return None


def optimizer_state(fault: Fault) -> Remedy | None:
    """State that was made before the model was moved."""
    origin = fault.origin
    if origin is None or origin.kind != "state":
        return None
    file, scope = origin.place.file, scope_at(origin.place.file, origin.place.line)
    name = origin.name.split(".state[")[0]
    made, moved = assignment(file, name, scope), _move_of_a_module(origin.place, scope)
    cause = f"The state of `{name}` was made before the model was moved."
    if made is None or moved is None or moved.lineno < made.lineno:
        return Remedy(cause, (Step(f"move the model before `{name}` is made, or make `{name}` anew after the move"),))
    code = written(file, moved)
    return Remedy(cause, (added(made.lineno, code, f"not only at line {moved.lineno}"),))


def plain_attribute(fault: Fault) -> Remedy | None:
    """A tensor that a module keeps as a plain attribute: `Module.to` passes it by."""
    origin = fault.origin
    if origin is None or origin.kind != "plain" or not isinstance(origin.owner, torch.nn.Module):
        return None
    file = origin.place.file
    made = of_self(file, origin.key, type(origin.owner))
    cause = f"`{origin.base}` is a plain attribute: Module.to moves parameters and buffers alone."
    if made is None:
        code = f'self.register_buffer("{origin.key}", ...)'
        return Remedy(cause, (Step(f"where it is made: `{code}` in place of `self.{origin.key} = ...`", code),))
    code = f'self.register_buffer("{origin.key}", {written(file, made.value)})'
    return Remedy(cause, (becomes(file, made, code),))


def module_left_behind(fault: Fault) -> Remedy | None:
    """Parameters and buffers of a module that was not moved, or was moved in part."""
    origin = fault.origin
    if origin is None or origin.kind not in ("parameter", "buffer", "grad", "local"):
        return None
    tensor = origin.owner if origin.kind == "grad" and isinstance(origin.owner, torch.Tensor) else fault.tensor
    found = outermost(fault.scene, tensor)
    if found is None:
        return None
    place, way = found
    here = str(fault.scene.device_of(tensor))
    top = next((link for link in way if isinstance(link.value, torch.nn.Module)), way[0])
    if devices(fault.scene, top.value) == {here}:
        return _whole(fault, place, top)
    held = next((link for link in way[1:] if link.kind == "plain" and not isinstance(link.value, torch.Tensor)), None)
    if held is not None:
        return _unseen(fault, place, way, held)
    return _part(fault, place, way, here)


def _whole(fault: Fault, place: Place, top: Link) -> Remedy:
    word, file = fault.word(place), place.file
    cause = f"`{top.path}` is still on {fault.scene.device_of(fault.tensor)}: none of it was moved."
    made = _made(place, top.path)
    if made is None:
        return Remedy(cause, (added(place.line, f"{top.path}.to({word})", "before its optimizer is made"),))
    value = written(file, made.value)
    return Remedy(cause, (becomes(file, made, f"{top.path} = {_moved(value, made.value, word)}"),))


def _unseen(fault: Fault, place: Place, way: list[Link], held: Link) -> Remedy:
    owner = way[way.index(held) - 1].value
    made = of_self(place.file, held.key, type(owner)) or next(
        (found for each in fault.scene.places if (found := of_self(each.file, held.key, type(owner)))), None
    )
    kind = "nn.ModuleDict" if isinstance(held.value, dict) else "nn.ModuleList"
    cause = f"`{held.path}` is a plain {type(held.value).__name__}: Module.to and parameters() do not look into it."
    if isinstance(held.value, torch.nn.Module) or made is None:
        return Remedy(cause, (Step(f"hold the modules of `{held.path}` in an {kind}"),))
    return Remedy(cause, (becomes(place.file, made, f"self.{held.key} = {kind}({written(place.file, made.value)})"),))


def _part(fault: Fault, place: Place, way: list[Link], here: str) -> Remedy:
    """A part that came after the move: the largest module on the way that is wholly behind."""
    late = next((link for link in way if isinstance(link.value, torch.nn.Module) and _only(fault, link, here)), way[-1])
    cause = f"`{late.path}` is on {here}, and the rest of `{way[0].path}` is not: it was put in after the move."
    made, word = _made(place, late.path), fault.word(place)
    if made is None:
        return Remedy(cause, (added(place.line, f"{way[0].path}.to({word})", "after all parts are in"),))
    return Remedy(
        cause,
        (becomes(place.file, made, f"{late.path} = {_moved(written(place.file, made.value), made.value, word)}"),),
    )


def _only(fault: Fault, link: Link, here: str) -> bool:
    return devices(fault.scene, link.value) == {here}


def made_of(fault: Fault) -> Remedy | None:
    """Computed on the line that runs, from the one tensor there that is on the same wrong device."""
    origin = fault.origin
    if origin is None or origin.kind != "temporary" or origin.node is None:
        return None
    inside, here = set(ast.walk(origin.node)), str(fault.scene.device_of(fault.tensor))
    found = {
        id(tensor): (name, tensor)
        for name, tensor in fault.scene.tensors_at(origin.place)
        if name.node in inside and tensor is not fault.tensor and str(fault.scene.device_of(tensor)) == here
    }
    if len(found) != 1:
        return None
    ((name, tensor),) = found.values()
    return remedy(Fault(fault.scene, tensor, name, fault.wanted))


def born_elsewhere(fault: Fault) -> Remedy | None:
    """Made in the reader's own code without a device."""
    birth = fault.scene.birth(fault.tensor)
    if birth is None:
        return None
    file, line, operation = birth
    name = operation.split(".")[-1]
    calls = calls_at(file, line, operation)
    place = _around_line(fault, file, line)
    whole = around(file, calls[0]) if calls else None
    if whole is None or name not in (*TAKES_DEVICE, *FROM_ELSEWHERE, "load"):
        return None
    word = fault.word(place, line)
    if (
        not writes_literal(file, word)
        and word.startswith('"')
        and fault.origin is not None
        and not fault.word(fault.origin.place).startswith('"')
    ):
        return None
    chosen = meant(file, calls, fault, place)
    if not chosen:
        return None
    whole = around(file, chosen[0]) or whole
    code, text, here = written(file, whole), written(file, chosen[0]), fault.scene.device_of(fault.tensor)
    where = "puts its tensor" if "device=" in text else "names no device, so its tensor is"
    if len({written(file, each) for each in chosen}) > 1 and not siblings(file, chosen):
        one = f"one of the `{operation.split('(')[0]}` on line {line}"
        return Remedy(f"{one[0].upper()}{one[1:]} makes it on {here}.", (Step(f"give {one} the device of the others"),))
    for call in {written(file, each): each for each in (*chosen, *beside(file, chosen[0], TAKES_DEVICE))}.values():
        code = code.replace(written(file, call), _with_device(file, call, _called(call), word))
    return Remedy(f"`{text}` {where} on {here}.", (becomes(file, whole, code),))


def meant(file: str, calls: list[ast.Call], fault: Fault, place: Place | None) -> list[ast.Call]:
    """Of the calls on the line, those that may have made the tensor: not there already, and of its shape."""
    calls = [each for each in calls if not (place and _is_there(each, fault.wanted, place))]
    calls = [each for each in calls if not _is_moved(file, each)] or calls
    shape = tuple(fault.tensor.shape)
    fitting = [each for each in calls if (given := constant_shape(each)) is None or given == shape]
    exact = [each for each in fitting if constant_shape(each) == shape]
    return exact or fitting or calls


def _is_there(call: ast.Call, wanted: Any, place: Place) -> bool:
    given = next((each.value for each in call.keywords if each.arg == "device"), None)
    return given is not None and is_device(resolve(given, place), wanted)


def _is_moved(file: str, call: ast.Call) -> bool:
    whole = around(file, call)
    return any(
        isinstance(each, ast.Attribute) and each.value is call and each.attr in ("to", "cuda")
        for each in (ast.walk(whole) if whole else ())
    )


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _around_line(fault: Fault, file: str, line: int) -> Place | None:
    """The running frame whose function the line is in, else the module's."""
    for scope in (scope_at(file, line), scope_at(file, 0)):
        for place in fault.scene.places:
            if place.file == file and scope_at(file, place.line) is scope:
                return place
    return None


def written_to(fault: Fault) -> Remedy | None:
    """A tensor that the line writes into: a copy in its place would take the numbers and lose them."""
    origin = fault.origin
    if origin is None or not is_written(fault.scene, fault.tensor):
        return None
    place, held = origin.place, container(origin)
    name = held or origin.name
    cause = f"`{origin.name}` is written to here and was made on {fault.scene.device_of(fault.tensor)}."
    made = assignment(place.file, name, scope_at(place.file, place.line), place.line - 1)
    word = fault.word(place)
    if made is not None and in_scope(place, word, made.lineno) and is_own(place, made.value, many=bool(held)):
        value = written(place.file, made.value)
        moved = f"[each.to({word}) for each in {value}]" if held else _moved(value, made.value, word)
        return Remedy(cause, (becomes(place.file, made, f"{name} = {moved}"),))
    who = f"the tensors of `{held}`" if held else f"`{name}`"
    at = f"line {made.lineno}" if made is not None else "the script"
    them, there = "them" if held else "it", str(fault.wanted).replace("cuda:0", "cuda")
    return Remedy(cause, (Step(f"put {who} on {there} where {at} makes or loads {them}"),))


def never_moved(fault: Fault) -> Remedy | None:
    """A tensor that came in from somewhere, as of a loader: moved at the outermost line that has a name for it."""
    names = fault.names()
    if not names:
        return None
    last = _source(fault, names)
    step = change(fault.scene, last, f"{{}}.to({fault.word(last.place)})")
    who = f"`{last.name}`" + (f" (here `{names[0].name}`)" if last.name != names[0].name else "")
    return Remedy(f"{who} was never moved to {fault.wanted}.", (step,) if step else ())


def _source(fault: Fault, names: list[Origin]) -> Origin:
    """The outermost name; where the tensor was computed inside, the argument that it was computed from."""
    last, here = names[-1], str(fault.scene.device_of(fault.tensor))
    for place in fault.scene.places[fault.scene.places.index(last.place) + 1 :]:
        given = [name for name, tensor in fault.scene.tensors_at(place) if str(fault.scene.device_of(tensor)) == here]
        if not given:
            break
        last = given[0]
    return last


def _made(place: Place, path: str) -> ast.Assign | None:
    """The statement that made what `path` names, in the scope or, for an attribute of self, in its class."""
    found = assignment(place.file, path, scope_at(place.file, place.line), place.line)
    if found is None and path.startswith("self.") and path.count(".") == 1:
        found = of_self(place.file, path[5:], type(place.frame.f_locals.get("self")))
    return found or assignment(place.file, path, scope_at(place.file, 0))


def _moved(value: str, node: ast.expr, word: str) -> str:
    simple = isinstance(node, (ast.Call, ast.Name, ast.Attribute, ast.Subscript))
    return f"{value}.to({word})" if simple else f"({value}).to({word})"


def _with_device(file: str, call: ast.Call, name: str, word: str) -> str:
    text, argument = written(file, call), "map_location" if name == "load" else "device"
    if name in FROM_ELSEWHERE:
        return f"{text}.to({word})"
    given = next((each for each in call.keywords if each.arg == argument), None)
    if given is not None:
        return text.replace(f"{argument}={written(file, given.value)}", f"{argument}={word}")
    return f"{text[:-1]}{', ' if call.args or call.keywords else ''}{argument}={word})"


def _move_of_a_module(place: Place, scope: ast.AST | None) -> ast.stmt | None:
    """The last statement that moves a module with .to or .cuda."""
    moves = [
        each
        for each in statements(scope)
        if isinstance(each, (ast.Expr, ast.Assign))
        and isinstance(each.value, ast.Call)
        and isinstance(each.value.func, ast.Attribute)
        and each.value.func.attr in MOVES
        and isinstance(resolve(each.value.func.value, place), torch.nn.Module)
    ]
    return moves[-1] if moves else None


Rule = Callable[[Fault], "Remedy | None"]

RULES: tuple[Rule, ...] = (
    thrown_away,
    optimizer_state,
    plain_attribute,
    module_left_behind,
    made_of,
    born_elsewhere,
    written_to,
    never_moved,
)
