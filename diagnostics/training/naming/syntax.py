"""Questions to the syntax of an expression or a line: what it names, what it views, what it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from diagnostics.training.naming.source import tree_of


def calls_at(file: str, line: int, operation: str) -> list[ast.Call]:
    """The calls of the operation, as "torch.zeros", that stand on the line."""
    tree, last = tree_of(file), operation.split("(")[0].split(".")[-1].rstrip("_")
    calls = [
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return [node for node in calls if _called(node).rstrip("_") == last]


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def readable(node: ast.AST) -> Iterator[ast.expr]:
    """The names, attributes and items in an expression; those of inner scopes are not the frame's."""
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.NamedExpr)):
        yield node
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        return
    for child in ast.iter_child_nodes(node):
        yield from readable(child)


def view_of(base: ast.expr, whole: ast.AST) -> ast.expr:
    """The longest chain of attributes, items and methods on `base` that is a part of `whole`."""
    parents = {child: parent for parent in ast.walk(whole) for child in ast.iter_child_nodes(parent)}
    top: ast.expr = base
    node: ast.AST = base
    while (parent := parents.get(node)) is not None and parent is not whole:
        if isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node:
            node = parent
            top = parent if not _is_method(parent, parents) else top
        elif isinstance(parent, ast.Call) and parent.func is node:
            node = top = parent
        else:
            break
    return top


def _is_method(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
