"""Calls that make tensors, as they stand in the source: their shapes, and which belong to one container."""

from __future__ import annotations

import ast

from diagnostics.training.advice.words import around

_SIZED = ("empty", "ones", "rand", "randn", "zeros")


def constant_shape(call: ast.Call) -> tuple[int, ...] | None:
    """The shape where it is written out in numbers."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _SIZED or not call.args:
        return None
    sizes = call.args[0].elts if isinstance(call.args[0], (ast.Tuple, ast.List)) else call.args
    numbers = [each.value for each in sizes if isinstance(each, ast.Constant) and type(each.value) is int]
    return tuple(numbers) if len(numbers) == len(sizes) else None


def siblings(file: str, calls: list[ast.Call]) -> bool:
    """Whether the calls are items of one list, or of one tuple that stays whole."""
    held = _container(file, calls[0])
    return held is not None and all(any(item is each for item in held.elts) for each in calls)


def beside(file: str, call: ast.Call, makers: tuple[str, ...]) -> list[ast.Call]:
    """The other items of its list or tuple that are made by such a call and name no device."""
    held = _container(file, call)
    return [
        each
        for each in (held.elts if held is not None else ())
        if isinstance(each, ast.Call)
        and each is not call
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in makers
        and isinstance(each.func.value, ast.Name)
        and each.func.value.id == "torch"
        and not any(given.arg == "device" for given in each.keywords)
    ]


def _container(file: str, call: ast.Call) -> ast.List | ast.Tuple | None:
    whole = around(file, call)
    if isinstance(whole, ast.Assign) and any(isinstance(each, (ast.Tuple, ast.List)) for each in whole.targets):
        return None
    for each in ast.walk(whole) if whole is not None else ():
        if isinstance(each, (ast.List, ast.Tuple)) and any(item is call for item in each.elts):
            return each
    return None
