"""The reader's own words: for a device, and for the statements of their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import torch

from diagnostics.training.naming import Place
from diagnostics.training.naming.lookup import MISSING, attribute
from diagnostics.training.naming.source import tree_of, written

_FIRST = ("device", "dev", "DEVICE", "DEV")
_HOLDERS = ("self", "args", "cfg", "config", "opt", "opts", "hparams", "params", "conf", "FLAGS")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)


def device_word(place: Place | None, wanted: Any) -> str:
    """The name in scope that holds the device, as `device` or `args.device`; else the device in quotes."""
    for name, value in _in_scope(place) if place else ():
        if _is(value, wanted):
            return name
    text = str(wanted)
    return '"cuda"' if text == "cuda:0" else f'"{text}"'


def _in_scope(place: Place) -> Iterator[tuple[str, Any]]:
    scopes = (place.frame.f_locals, place.frame.f_globals)
    for scope in scopes:
        yield from ((name, scope[name]) for name in _FIRST if name in scope)
    for scope in scopes:
        for holder in _HOLDERS:
            if holder in scope and (value := attribute(scope[holder], "device")) is not MISSING:
                yield f"{holder}.device", value
    for scope in scopes:
        yield from ((name, value) for name, value in list(scope.items()) if isinstance(value, torch.device))


def _is(value: object, wanted: Any) -> bool:
    if type(value) is str:
        try:
            value = torch.device(value)
        except RuntimeError:
            return False
    if not isinstance(value, torch.device) or value.type != wanted.type:
        return False
    return value.index == wanted.index or (value.index is None and wanted.index in (None, 0))


def scope_at(file: str, line: int) -> ast.AST | None:
    """The innermost function around a line, else the module."""
    tree = tree_of(file)
    around = [
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, _SCOPES) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda node: node.lineno) if around else tree


def statements(scope: ast.AST | None) -> Iterator[ast.stmt]:
    """The statements of a scope, without those of functions and classes inside."""
    for node in ast.iter_child_nodes(scope) if scope else ():
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, (*_SCOPES, ast.ClassDef, ast.expr)):
            yield from statements(node)


def assignment(file: str, name: str, scope: ast.AST | None, before: int | None = None) -> ast.Assign | None:
    """The last statement of the scope that gives `name` alone a value, at or before a line."""
    found = [
        each
        for each in statements(scope)
        if isinstance(each, ast.Assign)
        and len(each.targets) == 1
        and written(file, each.targets[0]) == name
        and (before is None or each.lineno <= before)
    ]
    return found[-1] if found else None


def of_self(file: str, attribute_name: str, kind: type[Any]) -> ast.Assign | None:
    """The statement `self.NAME = ...` in the class, of those with its name in the file."""
    for node in ast.walk(tree_of(file) or ast.Module([], [])):
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
            for method in node.body:
                if isinstance(method, _SCOPES):
                    found = assignment(file, f"self.{attribute_name}", method)
                    if found is not None:
                        return found
    return None


def around(file: str, inner: ast.AST) -> ast.stmt | None:
    """The simple statement that an expression stands in."""
    tree = tree_of(file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and any(each is inner for each in ast.walk(node)):
            return node
    return None
