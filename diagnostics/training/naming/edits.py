"""Fixes written into the reader's own line."""

from __future__ import annotations

import ast
import linecache
import re

from diagnostics.finding import Step
from diagnostics.training.naming.scenes import Origin, Scene
from diagnostics.training.naming.source import tree_of, written

_WORDS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*|\[[^\[\]]*\])*")


def added(line: int, code: str, why: str = "") -> Step:
    """One step: a new line before one that stands."""
    return Step(f"before line {line}, add: `{code}`" + _because(why), command=code)


def within(line: int, old: str, new: str, why: str = "") -> Step:
    """One step: a part of the line made another."""
    return Step(f"in line {line}: `{old}` becomes `{new}`" + _because(why), command=new)


def becomes(file: str, statement: ast.stmt, code: str, why: str = "") -> Step:
    """One step: the simple statement made another; its whole line where it stands there alone."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    if not (_begins(file, statement) and _ends(file, statement)):
        return within(first, written(file, statement), code, why)
    lines = f"line {first} becomes" if first == last else f"lines {first} to {last} become"
    return Step(f"{lines}: `{code}`" + _because(why), command=code)


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def _begins(file: str, statement: ast.stmt) -> bool:
    line = linecache.getline(file, statement.lineno).encode()
    return not line[: statement.col_offset].strip() and not line[statement.col_offset :].startswith(b"elif")


def _ends(file: str, statement: ast.stmt) -> bool:
    line = linecache.getline(file, statement.end_lineno or 0).encode()
    rest = line[statement.end_col_offset or 0 :].strip()
    return not rest or rest.startswith(b"#")


def _line_before(origin: Origin) -> int:
    """The line before which a statement can be put that runs just before the place; 0 where there is none."""
    place = origin.place
    if place.frame.f_code.co_name.startswith("<") and place.frame.f_code.co_name != "<module>":
        return 0
    tree = tree_of(place.file)
    around = [
        each
        for each in (ast.walk(tree) if tree else ())
        if isinstance(each, ast.stmt) and each.lineno <= place.line <= (each.end_lineno or each.lineno)
    ]
    if not around:
        return place.line
    inner = max(around, key=lambda each: (each.lineno, each.col_offset))
    free = _begins(place.file, inner) and not isinstance(inner, ast.While) and not _bound_inside(inner, origin)
    return inner.lineno if free else 0


def _bound_inside(statement: ast.stmt, origin: Origin) -> bool:
    """Whether a comprehension or a lambda of the statement is what gives the name."""
    root = re.split(r"[.\[]", origin.name)[0]
    inner = (each for each in ast.walk(statement) if isinstance(each, (ast.comprehension, ast.Lambda)))
    targets = (each.target if isinstance(each, ast.comprehension) else each.args for each in inner)
    return any(
        root == (part.id if isinstance(part, ast.Name) else part.arg if isinstance(part, ast.arg) else "")
        for target in targets
        for part in ast.walk(target)
    )


def change(scene: Scene, origin: Origin | None, code: str, why: str = "", inline: bool = False) -> Step | None:
    """`code`, with {} for the tensor, as a line before the one that runs; inside of it where the tensor has no name.

    None where the tensor is not the reader's to change there.
    """
    if origin is None:
        return None
    if (
        not inline
        and origin.kind != "temporary"
        and _WORDS.fullmatch(origin.name)
        and not _is_call_or_slice(origin.node)
        and (line := _line_before(origin))
    ):
        return added(line, f"{origin.name} = {code.replace('{}', origin.name)}", why)
    whole = scene.node_at(origin.place)
    if origin.node is None or whole is None:
        return None
    before, text = scene.expression_at(origin.place), written(origin.place.file, origin.node)
    if before.count(text) != 1:
        return None
    inside = text if isinstance(origin.node, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)) else f"({text})"
    return within(origin.place.line, before, before.replace(text, code.replace("{}", inside)), why)


def _is_call_or_slice(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) or (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice))
