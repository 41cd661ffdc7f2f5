"""The scene of a moment: the reader's line, the expression on it, and the names of tensors there."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Optional, Union

import torch

from diagnostics.finding import Tensor, Where
from diagnostics.training.naming.calls import argument, called_module, parameter, temporaries
from diagnostics.training.naming.frames import Place, is_ours, places, places_of
from diagnostics.training.naming.lookup import MISSING, attributes, resolve
from diagnostics.training.naming.source import line_of, node_at, written
from diagnostics.training.naming.syntax import calls_at, readable, view_of
from diagnostics.training.naming.walk import Found, Walk

_THIN = tuple(os.path.join("torch", file) for file in ("_compile.py", "_tensor.py"))

_OF_MODULE = ("parameter", "buffer")

LONGEST = 80
"""Characters of a birth's expression."""

Birth = Optional[tuple[str, int, str]]  # noqa: UP045
"""Where a tensor was made: file, line from 1, and the operation."""


@dataclass(frozen=True)
class Origin:
    """What the reader calls a tensor at a place of theirs.

    `base` is the named tensor that a view shows, else the name itself. `kind` is as in `walk.Found`, or "temporary".
    `node` is the expression in the source, where the tensor is part of the one that runs.
    """

    name: str
    base: str
    kind: str
    place: Place
    owner: Any = None
    key: str = ""
    node: ast.expr | None = None
    tensor: torch.Tensor | None = None
    """What has this name, where that is another than the tensor asked for: the whole of which that is a view."""


def scene(
    operands: Sequence[torch.Tensor] = (),
    *,
    start: Union[FrameType, TracebackType, None] = None,  # noqa: UP007
    birth: Callable[[torch.Tensor], Birth] = lambda tensor: None,
    device_of: Callable[[torch.Tensor], object] = lambda tensor: tensor.device,
) -> Scene:
    """The scene at `start`: a frame (default: the caller's), or the traceback of an exception.

    `operands` are the tensors of the operation that runs, in its own order.
    """
    frames = places_of(start) if isinstance(start, TracebackType) else places(start or sys._getframe(1))
    return Scene(frames, tuple(operands), birth, device_of)


class Scene:
    """The reader's frames of one moment. It holds them alive: keep what it says, not the scene."""

    def __init__(
        self,
        frames: list[Place],
        operands: tuple[torch.Tensor, ...],
        birth: Callable[[torch.Tensor], Birth],
        device_of: Callable[[torch.Tensor], object],
    ) -> None:
        self.places = frames
        self._operands = operands
        self._birth = birth
        self._device_of = device_of
        self._nodes: dict[int, ast.AST | None] = {}
        self._index: list[tuple[Place, Found]] | None = None
        self._walk = Walk()
        self._named: dict[int, Origin | None] = {}

    @property
    def file(self) -> str:
        """Of the innermost frame of the reader's; "" where there is none."""
        return self.places[0].file if self.places else ""

    @property
    def line(self) -> int:
        """From 1; 0 where there is no frame of the reader's."""
        return self.places[0].line if self.places else 0

    @property
    def expression(self) -> str:
        """The exact expression that runs, else its line."""
        return self.expression_at(self.places[0]) if self.places else ""

    def expression_at(self, place: Place) -> str:
        """The expression that runs at one of the places, else its line."""
        node = self.node_at(place)
        return written(place.file, node) if node is not None else line_of(place.file, place.line)

    def node_at(self, place: Place) -> ast.AST | None:
        """The syntax of the expression that runs at the place."""
        key = self.places.index(place)
        if key not in self._nodes:
            self._nodes[key] = node_at(place)
        return self._nodes[key]

    def name(self, tensor: torch.Tensor) -> str:
        """What the reader calls the tensor; "" where it has no name in sight."""
        found = self.origin(tensor)
        return found.name if found else ""

    def origin(self, tensor: torch.Tensor) -> Origin | None:
        """The tensor's name at the innermost place that has one."""
        if id(tensor) not in self._named:
            with torch._C.DisableTorchFunction():  # attributes of the reader's kinds of tensors are their code
                self._named[id(tensor)] = self._find(tensor)
        return self._named[id(tensor)]

    def outward(self, tensor: torch.Tensor) -> list[Origin]:
        """Its names as it was handed from call to call, the innermost first: `x` in forward is `images` in the loop."""
        found = []
        with torch._C.DisableTorchFunction():
            for place in self.places:
                name = self._handed(tensor, place)
                if name is None:
                    break
                found.append(name)
        return found

    def where(self, tensors: Sequence[torch.Tensor] = ()) -> Where:
        """The place, with what is known of the tensors."""
        return Where(self.file, self.line, self.expression, tuple(self.tensor(each) for each in tensors))

    def tensor(self, tensor: torch.Tensor) -> Tensor:
        """What is known of a tensor: its name, device, dtype, shape and birth; the shape is of what has the name."""
        found = self.origin(tensor)
        named = found.tensor if found is not None and found.tensor is not None else tensor
        return Tensor(
            self.name(tensor),
            str(self.device_of(tensor) or ""),
            str(tensor.dtype).replace("torch.", ""),
            _shape(named),
            self.born(tensor),
        )

    def born(self, tensor: torch.Tensor) -> str:
        """Where it was made, as "train.py:21 torch.zeros(8)"; "" where that is not known."""
        birth = self.birth(tensor)
        if birth is None:
            return ""
        file, line, operation = birth
        calls = calls_at(file, line, operation)
        made = written(file, calls[0]) if len(calls) == 1 else operation
        return f"{os.path.basename(file)}:{line} {made if len(made) <= LONGEST else made[: LONGEST - 3] + '...'}"

    def device_of(self, tensor: torch.Tensor) -> object:
        """The device that the script sees; None where it is not known."""
        return self._device_of(tensor)

    def among(self, operands: Sequence[torch.Tensor]) -> Scene:
        """The same scene for an operation on these tensors, in its own order."""
        return Scene(self.places, tuple(operands), self._birth, self._device_of)

    def birth(self, tensor: torch.Tensor) -> Birth:
        """(file, line, operation) of the line that made it."""
        return self._birth(tensor)

    def _find(self, tensor: torch.Tensor) -> Origin | None:
        if not self.places:
            return None
        return (
            self._in_expression(tensor, self.places[0])
            or self._in_sight(lambda found: found.tensor is tensor)
            or self._of_module(tensor)
            or self._left_over(tensor)
            or self._showing(tensor)
        )

    def _in_sight(self, wanted: Callable[[Found], bool]) -> Origin | None:
        for place, found in self._everything():
            if wanted(found):
                return Origin(found.path, found.path, found.kind, place, found.owner, found.key, None, found.tensor)
        return None

    def _handed(self, tensor: torch.Tensor, place: Place) -> Origin | None:
        found = self._in_expression(tensor, place)
        if found is not None:
            return found
        for each, value in self.readable(place):
            if isinstance(value, torch.Tensor) and _storage(value) == _storage(tensor):
                return self._as_written(each, each, "local", place)
        for name, value in _locals(place):
            if isinstance(value, torch.Tensor) and value is tensor:
                return Origin(name, name, "local", place)
        return None

    def readable(self, place: Place) -> list[tuple[ast.expr, Any]]:
        """The names, attributes and items in the expression that runs at the place, with their values."""
        node = self.node_at(place)
        return [(each, resolve(each, place)) for each in (readable(node) if node is not None else ())]

    def tensors_at(self, place: Place) -> list[tuple[Origin, torch.Tensor]]:
        """The tensors that the running expression names, or holds in a named container; not those of modules."""
        found = []
        for each, value in self.readable(place):
            if isinstance(value, torch.Tensor):
                found.append((self._as_written(each, each, "local", place), value))
            elif isinstance(value, (dict, list, tuple)):
                for part in Walk().under([(written(place.file, each), value)]):
                    if part.kind == "plain" and not isinstance(part.owner, torch.nn.Module):
                        found.append(
                            (Origin(part.path, part.path, part.kind, place, part.owner, part.key), part.tensor)
                        )
        return found

    def _in_expression(self, tensor: torch.Tensor, place: Place) -> Origin | None:
        """Its name inside the expression that runs: a name there, a view of one, or the argument that gave it."""
        node = self.node_at(place)
        if node is None:
            return None
        parts = self.readable(place)
        for each, value in parts:
            if value is tensor:
                return self._as_written(each, each, "local", place)
        for each, value in parts:
            if isinstance(value, torch.Tensor) and _storage(value) == _storage(tensor):
                view = view_of(each, node)
                if view is not each:
                    return self._as_written(view, each, "local", place)
        memory = _storage(tensor)
        for same in (lambda value: value is tensor, lambda value: _storage(value) == memory):
            given = argument(node, place.callee, same)
            if given is not None and resolve(given, place) is MISSING:
                return self._as_written(given, given, "temporary", place)
        return self._under_expression(place, lambda found: found.tensor is tensor)

    def given(self, name: str) -> Origin | None:
        """What the reader's call gives for a parameter of the function that it called."""
        for place in self.places[:1]:
            found = parameter(self.node_at(place), place.callee, name)
            if found is not None:
                return self._as_written(found, found, "local", place)
        return None

    def held(self, wanted: Callable[[torch.Tensor], bool]) -> Origin | None:
        """The first tensor that is wanted among those that the names in the reader's running expression hold."""
        with torch._C.DisableTorchFunction():
            found = None
            for place in self.places[:1]:
                found = self._under_expression(place, lambda found: wanted(found.tensor))
        return found

    def _under_expression(self, place: Place, wanted: Callable[[Found], bool]) -> Origin | None:
        """The first tensor that is wanted among those that the names in the running expression hold."""
        roots = [(written(place.file, each), value) for each, value in self.readable(place) if value is not MISSING]
        module = called_module(self.node_at(place), place.callee)
        if module is not None and not isinstance(module[0], ast.Name):
            roots.append((written(place.file, module[0]), module[1]))
        found = next((each for each in Walk().under(roots) if wanted(each)), None)
        return found and Origin(found.path, found.path, found.kind, place, found.owner, found.key, None, found.tensor)

    def _as_written(self, node: ast.expr, base: ast.expr, kind: str, place: Place) -> Origin:
        named = base.target if isinstance(base, ast.NamedExpr) else base
        text = written(place.file, named if node is base else node)
        owner, key, sort = None, "", kind
        if isinstance(named, ast.Attribute):
            owner, key = resolve(named.value, place), named.attr
            sort = _kind_of(owner, key)
        return Origin(text, written(place.file, named), sort, place, owner, key, node)

    def _everything(self) -> list[tuple[Place, Found]]:
        """All tensors in sight: of each place its locals, then the globals of each file, then the optimizers' own."""
        if self._index is None:
            found = [(place, each) for place in self.places for each in self._walk.under(_locals(place))]
            for place in {each.file: each for each in reversed(self.places)}.values():
                if place.frame.f_globals is not place.frame.f_locals:
                    found.extend((place, each) for each in self._walk.under(_globals(place)))
            found.extend((place, each) for place in self.places[:1] for each in self._walk.optimizers())
            self._index = found
        return self._index

    def _of_module(self, tensor: torch.Tensor) -> Origin | None:
        """A view of a parameter or a buffer, as the transposed weight that a linear layer multiplies with."""
        memory = _storage(tensor)

        def wanted(found: Found) -> bool:
            return found.kind in _OF_MODULE and _storage(found.tensor) == memory

        return self._under_expression(self.places[0], wanted) or self._in_sight(wanted)

    def _left_over(self, tensor: torch.Tensor) -> Origin | None:
        """A temporary: the expression that is dealt to it among those that no other operand has."""
        if not any(tensor is each for each in self._operands):
            return None
        found = self._dealt().get(id(tensor))
        return None if found is None else self._as_written(found, found, "temporary", self.places[0])

    def _dealt(self) -> dict[int, ast.expr]:
        """To each operand without a name an expression of its own: its side, else by birth, and the rest in order."""
        place, node = self.places[0], self.node_at(self.places[0])
        named = [(each, self._known(each, place)) for each in self._operands]
        given = [_span(found.node) for _, found in named if found is not None and found.node is not None]
        unnamed = list({id(each): each for each, found in named if found is None}.values())
        free = [each for each in temporaries(node, place) if _span(each) not in given]
        if isinstance(node, ast.BinOp) and len(self._operands) == 2:
            sides = zip(self._operands, (node.left, node.right))
            return {id(each): side for each, side in sides if id(each) in map(id, unnamed) and side in free}
        dealt: dict[int, ast.expr] = {}
        for each in unnamed:
            born = [expression for expression in free if self._is_born_in(each, expression, place)]
            if len(born) == 1:
                dealt[id(each)] = born[0]
                free.remove(born[0])
        rest = [each for each in unnamed if id(each) not in dealt]
        if len(rest) == len(free) and (place.callee is None or _is_thin(place.callee)):
            dealt.update(zip(map(id, rest), free))
        return dealt

    def _is_born_in(self, tensor: torch.Tensor, expression: ast.expr, place: Place) -> bool:
        birth = self.birth(tensor)
        if birth is None or birth[0] != place.file:
            return False
        made = {_span(each) for each in calls_at(*birth)}
        return any(_span(each) in made for each in ast.walk(expression) if isinstance(each, ast.Call))

    def _known(self, tensor: torch.Tensor, place: Place) -> Origin | None:
        return (
            self._in_expression(tensor, place)
            or self._in_sight(lambda found: found.tensor is tensor)
            or self._of_module(tensor)
        )

    def _showing(self, tensor: torch.Tensor) -> Origin | None:
        """A tensor with the same memory: one that the expression holds, one of the same shape, any in sight."""
        memory, shape = _storage(tensor), _shape(tensor)
        return (
            self._under_expression(self.places[0], lambda found: _storage(found.tensor) == memory)
            or self._in_sight(lambda found: _shape(found.tensor) == shape and _storage(found.tensor) == memory)
            or self._in_sight(lambda found: _storage(found.tensor) == memory)
        )


def _locals(place: Place) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in list(place.frame.f_locals.items()) if _is_name(name)]


def _globals(place: Place) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in list(place.frame.f_globals.items()) if _is_name(name)]


def _is_name(name: object) -> bool:
    return type(name) is str and name.isidentifier() and not name.startswith("__")


def _kind_of(owner: Any, key: str) -> str:
    if isinstance(owner, torch.nn.Module):
        own = attributes(owner)
        kinds = (("_parameters", "parameter"), ("_buffers", "buffer"))
        return next((kind for table, kind in kinds if key in own.get(table, {})), "plain")
    return "grad" if isinstance(owner, torch.Tensor) and key == "grad" else "plain"


def _span(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    """Where an expression stands in its file: the same text is parsed more than once."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _is_thin(callee: FrameType) -> bool:
    """Whether the frame only stands between an operation and its kernel: our own, or torch's way to tell a mode."""
    file = callee.f_code.co_filename
    if isinstance(callee.f_locals.get("self"), torch.nn.Module):
        return False
    return is_ours(file) or file.endswith(_THIN)


def _shape(tensor: torch.Tensor) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in tensor.shape)
    except Exception:  # a nested tensor has none
        return ()


def _storage(tensor: torch.Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except Exception:  # sparse and fake tensors have none
        return id(tensor)
