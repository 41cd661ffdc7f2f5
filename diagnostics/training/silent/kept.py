"""What the reader's variables keep from step to step: graphs, in a running total or in a list. And losses without."""

from __future__ import annotations

import ast
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch

from diagnostics.training.naming.frames import is_user
from diagnostics.training.naming.lookup import attributes
from diagnostics.training.naming.source import line_of, tree_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place

LOOKS_AT = (4, 8, 12, 24, 48)
"""The steps of an optimizer after which variables are looked at."""

GROWN = 4
"""By so many tensors or sums, from one look to the next and the next again."""

IN_A_ROW = 3
ENOUGH = 64
"""Calls of backward() that are looked at."""

FRAMES = 4
MOST = 400


class _Mark:
    """Lies in the metadata of a graph's last node."""


class Kept(Rule):
    """graph-kept, loss-without-graph."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._lengths: dict[tuple[str, str], list[int]] = {}
        self._bare = 0
        self._marks: list[weakref.ref[_Mark]] = []
        """Of each graph that was gone back through: alive as long as the graph is."""

    def backward(self, tensor: torch.Tensor | None, place: Place) -> None:
        if self.training.backwards > ENOUGH:
            self.rest("backward")
        if tensor is None:
            return
        if tensor.grad_fn is not None:
            mark = _Mark()
            metadata: Any = tensor.grad_fn.metadata
            metadata[_Mark] = mark
            self._marks.append(weakref.ref(mark))
            return
        held = tensor.requires_grad and tensor.dim() == 0 and not isinstance(tensor, torch.nn.Parameter)
        if held and any(True for _ in self.training.optimizers()):
            self._bare += 1
            if self._bare == IN_A_ROW:
                self.tell(
                    "loss-without-graph",
                    place,
                    f"{self._bare} times backward() was called on a leaf: its grad_fn is None and requires_grad True",
                )

    def stepped(self, optimizer: torch.optim.Optimizer, place: Place, frame: FrameType | None) -> None:
        if self.training.all_beyond(LOOKS_AT[-1]):
            self.rest("stepped")
        if frame is None or self.training.steps_of(optimizer) not in LOOKS_AT:
            return
        # Asked first, since reading a frame's variables keeps them alive for as long as it runs.
        if sum(1 for mark in self._marks if mark() is not None) < GROWN:
            return
        steps = self.training.steps_of(optimizer)
        for name, file, length in _graphs(frame):
            seen = self._lengths.setdefault((file, name), [])
            seen.append(length)
            grows = len(seen) > 2 and all(after >= before + GROWN for before, after in zip(seen[-3:], seen[-2:]))
            if grows:
                self._tell(name, file, place, f"{seen[-3]}, {seen[-2]}, {seen[-1]}", steps)

    def _tell(self, name: str, file: str, place: Place, lengths: str, steps: int) -> None:
        line = _grows_at(file, name)
        where = Place(file, line) if line else place
        text = line_of(file, line) if line else ""
        self.tell(
            "graph-kept",
            where,
            f"graphs of {lengths} losses hang on it, at the last three looks up to step {steps}",
            name=name,
            line=_detached(text, name),
        )


def _graphs(frame: FrameType | None) -> Iterator[tuple[str, str, int]]:
    """Variables with graphs in the reader's frames: (name, file, how many results of backward's kind it has)."""
    met = 0
    while frame is not None and met < FRAMES:
        if is_user(frame.f_code.co_filename):
            met += 1
            for name, value in _variables(frame):
                length = _length(value)
                if length:
                    yield name, frame.f_code.co_filename, length
        frame = frame.f_back


def _variables(frame: FrameType) -> Iterator[tuple[str, Any]]:
    for name, value in list(frame.f_locals.items())[:MOST]:
        if name.startswith("__"):
            continue
        yield from _spread(name, value)
        if not isinstance(value, (torch.Tensor, torch.nn.Module, torch.optim.Optimizer, list, dict, tuple)):
            for key, part in list(attributes(value).items())[:MOST]:
                yield from _spread(f"{name}.{key}", part)


def _spread(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (torch.Tensor, list)):
        yield name, value
    elif type(value) is dict:
        for key, part in list(value.items())[:32]:
            if isinstance(key, str) and isinstance(part, (torch.Tensor, list)):
                yield f'{name}["{key}"]', part


def _length(value: Any) -> int:
    """Tensors with a graph in a list, or sums on the way back from a scalar; 0 for what has none."""
    if isinstance(value, torch.Tensor):
        return _sums(value) if value.grad_fn is not None and value.numel() == 1 else 0
    return sum(1 for each in value[-MOST:] if isinstance(each, torch.Tensor) and each.grad_fn is not None)


def _sums(total: torch.Tensor) -> int:
    """How long a chain of additions leads to it."""
    node: Any = total.grad_fn
    length = 0
    while node is not None and node.name().startswith("AddBackward") and length < MOST:
        length += 1
        parts = [part for part, _ in node.next_functions if part is not None]
        node = next((part for part in parts if part.name().startswith("AddBackward")), None)
    return length


def _grows_at(file: str, name: str) -> int:
    """The line that adds to the variable; 0 where none is found."""
    tree = tree_of(file)
    bare = name.split(".")[-1].split("[")[0]
    return next((node.lineno for node in ast.walk(tree) if _adds(node, bare)), 0) if tree else 0  # type: ignore[attr-defined]


def _adds(node: ast.AST, bare: str) -> bool:
    """Whether it is `x += ...`, `x = x + ...`, `x.append(...)` or `x.extend(...)`."""
    if isinstance(node, ast.AugAssign):
        return _ends(node.target, bare)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        return any(_ends(each, bare) for each in node.targets) and any(
            _ends(each, bare) for each in ast.walk(node.value)
        )
    call = node.func if isinstance(node, ast.Call) else None
    return isinstance(call, ast.Attribute) and call.attr in ("append", "extend") and _ends(call.value, bare)


def _ends(node: ast.AST, bare: str) -> bool:
    if isinstance(node, ast.Subscript):
        return _ends(node.value, bare)
    return (isinstance(node, ast.Name) and node.id == bare) or (isinstance(node, ast.Attribute) and node.attr == bare)


def _detached(text: str, name: str) -> str:
    """The reader's line with .item() upon what is added, where it is as simple as that."""
    try:
        node = ast.parse(text).body[0]
    except (SyntaxError, IndexError):
        return f"{name} += loss.item()"
    if isinstance(node, ast.AugAssign) and isinstance(node.value, (ast.Name, ast.Attribute)):
        return f"{text[: node.value.end_col_offset]}.item()"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and len(node.value.args) == 1:
        given = node.value.args[0]
        if isinstance(given, (ast.Name, ast.Attribute)):
            return f"{text[: given.end_col_offset]}.item(){text[given.end_col_offset :]}"
    return f"{name} += loss.item()"
