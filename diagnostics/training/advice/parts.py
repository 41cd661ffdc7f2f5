"""What the writers of findings share."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from diagnostics.finding import Finding, Step
from diagnostics.training.naming import Scene

SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
ORDINALS = {"self": "first", "other": "second"}
"""Arguments whose names are torch's own, by their place."""


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


def finding(title: str, cause: str, steps: tuple[Step, ...] = ()) -> Finding:
    """A fault, whose id and place are put in later."""
    return Finding("", "fail", title, (), cause, steps)


def called(name: str, operand: Operand, mismatch: Mismatch, scene: Scene) -> str:
    """The operand in a sentence: by its name, else by its place in the operation."""
    if name:
        return f"`{name}`"
    place = next((at for at, each in enumerate(mismatch.operands) if each is operand), 0)
    node = scene.node_at(scene.places[0]) if scene.places else None
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and len(mismatch.operands) == 2:
        return f"the {('left', 'right')[place]} side of `{SIGNS[type(node.op)]}`"
    operation = f" of `{mismatch.op.partition('.')[0]}`" if mismatch.op else ""
    if operand.argument in ORDINALS:
        return f"the {ORDINALS[operand.argument]} argument{operation}"
    return f"the argument `{operand.argument}`{operation}" if operand.argument else "a tensor"


@dataclass(frozen=True)
class Module:
    """A module in place of the parameters that it gave to an operation: its path, and these in words."""

    path: str
    parts: str


def held_by_modules(operands: Sequence[Operand], scene: Scene) -> dict[int, Module]:
    """The modules of which two or more tensors are among the operands that fit, by the id of the operand."""
    groups: dict[tuple[str, str], list[tuple[Operand, str]]] = {}
    for each in operands:
        origin = None if each.odd else scene.origin(each.tensor)
        if origin is not None and origin.kind in ("parameter", "buffer"):
            path, _, key = origin.base.rpartition(".")
            groups.setdefault((path, str(each.device)), []).append((each, key))
    return {
        id(each): Module(path, _parts([key for _, key in group]))
        for (path, _), group in groups.items()
        if path and len(group) > 1
        for each, _ in group
    }


def _parts(keys: list[str]) -> str:
    weight_first = sorted(dict.fromkeys(keys), key=lambda key: key != "weight")
    return f"its {' and '.join(weight_first)}" if len(weight_first) <= 2 else "its parameters"
