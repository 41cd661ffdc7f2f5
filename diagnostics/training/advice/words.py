"""The reader's own words: for a device, and for the statements of their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import torch

from diagnostics.training.naming import Place
from diagnostics.training.naming.lookup import MISSING, attribute, resolve
from diagnostics.training.naming.source import tree_of, written

_FIRST = ("device", "dev", "DEVICE", "DEV")
_HOLDERS = ("self", "args", "cfg", "config", "opt", "opts", "hparams", "params", "conf", "FLAGS")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)


def device_word(place: Place | None, wanted: Any, line: int = 0) -> str:
    """The device as the reader writes it, of what is bound at the line of the place's file; else in quotes.

    What the function, and then the file, gives to .to() and device= comes first, as `device` or `args.device`; then
    the usual names; then the device of a tensor there.
    """
    if place is None:
        return _literal(wanted)
    line = line or place.line
    for name, value in (*_used(place, line), *_in_scope(place)):
        if is_device(value, wanted) and in_scope(place, name, line):
            return name
    return _literal(wanted)


def _literal(wanted: Any) -> str:
    text = str(wanted)
    return '"cuda"' if text == "cuda:0" else f'"{text}"'


def writes_literal(file: str, word: str) -> bool:
    """Whether a move or a maker of the file is given this very text, or is `.cuda()`."""
    for call in ast.walk(tree_of(file) or ast.Module([], [])):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        given = [each.value for each in call.keywords if each.arg == "device"] + (call.args if name == "to" else [])
        texts = [each.value for each in given if isinstance(each, ast.Constant)]
        if word.strip('"') in texts or (name == "cuda" and not call.args and word == '"cuda"'):
            return True
    return False


def _used(place: Place, line: int) -> Iterator[tuple[str, Any]]:
    """The names and attributes that moves and makers are given: those of the function first."""
    for scope in (scope_at(place.file, line), tree_of(place.file)):
        others = []
        for call in ast.walk(scope) if scope is not None else ():
            if not isinstance(call, ast.Call):
                continue
            moves = isinstance(call.func, ast.Attribute) and call.func.attr in ("to", "cuda")
            for keyword, given in [("", each) for each in call.args] + [
                (each.arg, each.value) for each in call.keywords
            ]:
                if isinstance(given, (ast.Name, ast.Attribute)):
                    named = (written(place.file, given), resolve(given, place))
                    if moves or keyword == "device":
                        yield named
                    elif "dev" in named[0].lower():
                        others.append(named)
        yield from others


def in_scope(place: Place, word: str, line: int) -> bool:
    """Whether the word's first name, and an attribute of self, is bound where the line begins to run."""
    name, scope = word.split(".")[0], scope_at(place.file, line)
    if word.startswith('"') or line == place.line:
        return True
    if isinstance(scope, _SCOPES) and scope is not scope_at(place.file, place.line) and name != "self":
        return name in place.frame.f_globals and not _bindings(place.file, scope, name)
    if not isinstance(scope, _SCOPES):
        return name in place.frame.f_globals and any(each < line for each in _bindings(place.file, scope, name))
    arguments = [each.arg for each in ast.walk(scope.args) if isinstance(each, ast.arg)]
    if name == "self" and name in arguments and "." in word:
        bound = _bindings(place.file, scope, ".".join(word.split(".")[:2]))
        return any(each < line for each in bound) if bound else scope.name != "__init__"
    bound = _bindings(place.file, scope, name)
    return name in arguments or any(each < line for each in bound) or not bound


def _bindings(file: str, scope: ast.AST | None, name: str) -> list[int]:
    """The lines of the scope that bind the name, or the attribute."""
    found = []
    for each in statements(scope):
        if isinstance(each, (*_SCOPES, ast.ClassDef)):
            found += [each.lineno] if each.name == name else []
        elif isinstance(each, (ast.Import, ast.ImportFrom)):
            found += [each.lineno for part in each.names if (part.asname or part.name).split(".")[0] == name]
        else:
            found += [
                node.lineno
                for node in ast.walk(each)
                if isinstance(node, (ast.Name, ast.Attribute))
                and isinstance(node.ctx, ast.Store)
                and written(file, node) == name
            ]
    return found


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


def is_device(value: object, wanted: Any) -> bool:
    """Whether the value, a device or its name, is the device that is wanted."""
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
