"""Fixes written into the reader's own line."""

from __future__ import annotations

import ast
import re

from diagnostics.finding import Step
from diagnostics.training.naming.scenes import Origin, Scene
from diagnostics.training.naming.source import written

_WORDS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*|\[[^\[\]]*\])*")


def at_line(line: int, code: str, why: str = "") -> Step:
    """One step: the code, at the line."""
    return Step(f"line {line}: `{code}`" + (f" ({why})" if why else ""), command=code)


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
    ):
        return at_line(origin.place.line, f"{origin.name} = {code.replace('{}', origin.name)}", why)
    whole = scene.node_at(origin.place)
    if origin.node is None or whole is None:
        return None
    before, text = scene.expression_at(origin.place), written(origin.place.file, origin.node)
    if before.count(text) != 1:
        return None
    inside = text if isinstance(origin.node, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)) else f"({text})"
    return at_line(origin.place.line, before.replace(text, code.replace("{}", inside)), why)


def _is_call_or_slice(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) or (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice))
