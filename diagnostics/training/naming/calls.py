"""Which expression of a call gave which value: from the arguments in the called frame, or by what is left over."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import torch

from diagnostics.training.naming.frames import Place
from diagnostics.training.naming.lookup import MISSING, resolve

Same = Callable[[Any], bool]

_RECEIVERS = (("self",), ("cls",))
_DISPATCH = ("__torch_dispatch__", "__torch_function__")
"""Methods that torch calls in its own way: their values are not the arguments of the reader's call."""


def argument(node: ast.AST | None, callee: FrameType | None, same: Same) -> ast.expr | None:
    """The argument expression of the call `node` whose value the frame it called holds, where `same(value)`."""
    if not isinstance(node, ast.Call) or callee is None or callee.f_code.co_name in _DISPATCH:
        return None
    values, named = _received(callee)
    expressions: list[ast.expr] = list(node.args)
    if _is_bound(callee, len(values), len(expressions)):
        if isinstance(node.func, ast.Attribute):
            expressions.insert(0, node.func.value)
        else:
            values = values[1:]
    for expression, value in zip(expressions, values):
        if isinstance(expression, ast.Starred):
            break
        if (found := _matching(expression, value, same)) is not None:
            return found
    for keyword in node.keywords:
        if keyword.arg in named and (found := _matching(keyword.value, named[keyword.arg], same)) is not None:
            return found
    return None


def parameter(node: ast.AST | None, callee: FrameType | None, name: str) -> ast.expr | None:
    """The argument expression that the call `node` gives for the parameter `name` of the frame it called."""
    if not isinstance(node, ast.Call) or callee is None:
        return None
    names = callee.f_code.co_varnames[: callee.f_code.co_argcount]
    at = names.index(name) if name in names else len(node.args)
    if names[:1] in _RECEIVERS:
        at -= 1
    if 0 <= at < len(node.args) and not any(isinstance(each, ast.Starred) for each in node.args[: at + 1]):
        return node.args[at]
    return next((each.value for each in node.keywords if each.arg == name), None)


def called_module(node: ast.AST | None, callee: FrameType | None) -> tuple[ast.expr, torch.nn.Module] | None:
    """The expression of the module that the node calls, and the module: the frame that was called holds it."""
    if not isinstance(node, ast.Call) or callee is None or callee.f_code.co_varnames[:1] != ("self",):
        return None
    module = callee.f_locals.get("self")
    return (node.func, module) if isinstance(module, torch.nn.Module) and not _is_method(node, module) else None


def _is_method(call: ast.Call, module: torch.nn.Module) -> bool:
    """Whether the call is of a method by its name, as `net.step(x)`."""
    return isinstance(call.func, ast.Attribute) and any(call.func.attr in vars(kind) for kind in type(module).__mro__)


def _is_bound(callee: FrameType, values: int, expressions: int) -> bool:
    """Whether the first value is what the method was called on. With *args alone their number tells."""
    names = callee.f_code.co_varnames[: callee.f_code.co_argcount]
    return names[:1] in _RECEIVERS or (not names and values == expressions + 1)


def temporaries(node: ast.AST | None, place: Place) -> list[ast.expr]:
    """The operands of the node that are computed there and have no name, in order."""
    return [each for each in _operands(node) if _computed(each, place)]


def _received(callee: FrameType) -> tuple[list[Any], dict[str, Any]]:
    """The positional values as the frame holds them, and all it holds by name."""
    code, local = callee.f_code, dict(callee.f_locals)
    names = code.co_varnames[: code.co_argcount]
    named = {
        name: local[name] for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if name in local
    }
    values = [local.get(name, MISSING) for name in names]
    at = code.co_argcount + code.co_kwonlyargcount
    if code.co_flags & 0x04:
        extra = local.get(code.co_varnames[at], ())
        values.extend(extra if type(extra) is tuple else ())
        at += 1
    if code.co_flags & 0x08:
        extra = local.get(code.co_varnames[at], {})
        named.update(extra if type(extra) is dict else {})
    return values, named


def _matching(expression: ast.expr, value: Any, same: Same) -> ast.expr | None:
    if isinstance(value, torch.Tensor):
        return expression if same(value) else None
    if isinstance(expression, (ast.Tuple, ast.List)) and type(value) in (tuple, list):
        if len(expression.elts) == len(value):
            pairs = (_matching(each, part, same) for each, part in zip(expression.elts, value))
            return next((found for found in pairs if found is not None), None)
    elif type(value) in (tuple, list):
        return expression if any(isinstance(part, torch.Tensor) and same(part) for part in value) else None
    return None


def _operands(node: ast.AST | None) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.AugAssign):
        yield from (node.target, node.value)
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Subscript):
        yield node.value
        yield from _flat([node.slice])
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
        yield from _flat([*node.args, *(keyword.value for keyword in node.keywords)])
    elif isinstance(node, ast.Attribute):
        yield node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _operands(target)
        yield node.value


def _flat(expressions: Sequence[ast.expr]) -> Iterator[ast.expr]:
    for each in expressions:
        if isinstance(each, (ast.Tuple, ast.List)):
            yield from _flat(each.elts)
        else:
            yield each


def _computed(expression: ast.expr, place: Place) -> bool:
    computing = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Attribute, ast.Compare, ast.IfExp)
    if not isinstance(expression, computing):
        return False
    parts = list(_operands(expression))
    if parts and all(isinstance(part, ast.Constant) for part in parts):
        return False
    return resolve(expression, place) is MISSING
