"""Tensors that a line writes into, and where such a tensor was made: it is moved there, or nowhere."""

from __future__ import annotations

import ast

import torch

from diagnostics.training.advice.words import assignment, scope_at, statements
from diagnostics.training.naming import Origin, Place, Scene
from diagnostics.training.naming.lookup import resolve
from diagnostics.training.naming.source import written

_OWN = ("clone", "deepcopy", "load")


def is_written(scene: Scene, tensor: torch.Tensor) -> bool:
    """Whether the reader's innermost line writes into the tensor's memory."""
    if not scene.places:
        return False
    place = scene.places[0]
    node, memory = scene.node_at(place), _memory(tensor)
    return any(
        isinstance(value := resolve(each, place), torch.Tensor) and _memory(value) == memory
        for target in (_targets(node) if node is not None else ())
        for each in _chain(target)
    )


def _memory(tensor: torch.Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except Exception:  # sparse and fake tensors have none
        return id(tensor)


def _targets(node: ast.AST) -> list[ast.expr]:
    """The expressions whose memory the running expression writes."""
    if isinstance(node, ast.AugAssign):
        return [node.target]
    if isinstance(node, ast.Assign):
        return [each for each in node.targets if isinstance(each, ast.Subscript)]
    if not isinstance(node, ast.Call):
        return []
    found = [each.value for each in node.keywords if each.arg == "out"]
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(node.func, ast.Attribute) and name.endswith("_") and not name.endswith("__"):
        found.append(node.func.value)
    return found


def _chain(node: ast.expr) -> list[ast.expr]:
    """The expression and what it is a part, a view or the result of a method of."""
    found = [node]
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        if not isinstance(node, (ast.Attribute, ast.Subscript)):
            return found
        node = node.value
        found.append(node)


def container(origin: Origin) -> str:
    """What the loop around the place goes over, where it gives the tensor its name; "" where none does."""
    place = origin.place
    for each in reversed(list(statements(scope_at(place.file, place.line)))):
        if isinstance(each, ast.For) and each.lineno <= place.line <= (each.end_lineno or each.lineno):
            found = _given(each.target, each.iter, origin.base)
            if found is not None:
                return written(place.file, found)
    return ""


def _given(target: ast.expr, source: ast.expr, name: str) -> ast.expr | None:
    if isinstance(target, ast.Name):
        return source if target.id == name else None
    called = source.func.id if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) else ""
    if not isinstance(target, ast.Tuple) or not isinstance(source, ast.Call) or called not in ("zip", "enumerate"):
        return source if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(target)) else None
    pairs = zip(target.elts, source.args) if called == "zip" else zip(target.elts[1:], source.args)
    return next((found for part, given in pairs if (found := _given(part, given, name)) is not None), None)


def is_own(place: Place, value: ast.expr, many: bool) -> bool:
    """Whether no one else writes or reads the memory that the expression gives: it was made or loaded for it."""
    if many and isinstance(value, ast.ListComp):
        return is_own(place, value.elt, many=False)
    if many and isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name):
        loaded = assignment(place.file, value.value.id, scope_at(place.file, place.line), place.line)
        return loaded is not None and is_own(place, loaded.value, many=False)
    function = value.func if isinstance(value, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr in _OWN
