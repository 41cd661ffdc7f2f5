"""argmax over the samples of a batch, where it is compared with their labels."""

from __future__ import annotations

import ast
from types import FrameType
from typing import Any

import torch

from diagnostics.training.labels.calls import LossCall
from diagnostics.training.naming import user_frame
from diagnostics.training.naming.source import tree_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import place_at

MOST = 64
"""Calls of losses that tell how many classes there are."""

COMPARING = ("eq", "equal", "accuracy_score", "confusion_matrix", "view_as")


class Axes(Rule):
    """wrong-argmax-axis."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._classes: set[int] = set()
        self._calls = 0
        self._known: set[tuple[str, int]] = set()

    def loss(self, call: LossCall, frame: FrameType) -> None:
        self._calls += 1
        if self._calls > MOST:
            self.rest("loss")
        if call.name in ("cross_entropy", "nll_loss") and call.input.dim() == 2:
            self._classes.add(int(call.input.shape[1]))

    def measured(self, tensor: torch.Tensor, dim: Any, frame: FrameType) -> None:
        if dim not in (0, -2) or tensor.dim() != 2 or not tensor.is_floating_point():
            return
        if tensor.shape[0] < 2 or int(tensor.shape[1]) not in self._classes:
            return
        user, place = user_frame(frame), place_at(frame)
        if user is None or place in self._known:
            return
        self._known.add(place)
        if is_compared(place.file, place.line):
            self.tell(
                "wrong-argmax-axis",
                place,
                f"scores of the shape {tuple(tensor.shape)}, argmax along axis {dim}: {tensor.shape[1]} results for "
                f"{tensor.shape[0]} samples",
            )


def is_compared(file: str, line: int) -> bool:
    """Whether what the line computes is compared: in the same statement, or under its name in the same function."""
    tree = tree_of(file)
    for scope in ast.walk(tree) if tree else ():
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
            for statement in ast.walk(scope):
                if _stands_on(statement, line) and (
                    _compares(statement, None) or _compares(scope, _assigned(statement))
                ):
                    return True
    return False


def _stands_on(statement: ast.AST, line: int) -> bool:
    simple = isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return))
    return simple and statement.lineno <= line <= (statement.end_lineno or line)  # type: ignore[attr-defined]


def _assigned(statement: ast.AST) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name) and each.id != "_"}


def _compares(statement: ast.AST, names: set[str] | None) -> bool:
    for node in ast.walk(statement):
        is_equal = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)
        called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        if is_equal or called in COMPARING:
            inside = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            if names is None or names & inside:
                return True
    return False
