"""Tensors: what one knows of itself, where its numbers lie, how shapes and dtypes meet. Every answer is torch's own.

The code view shows one demo at a time, so each is a page of 70 columns that can be read alone; what draws and words its
frames follows it. What may be typed is read in `_literal`, `_shape` and `_evaluated`, below all demos.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from lessons.kit import Frame, Grid, Table, joined, number

Rows = list[tuple[str, ...]]
Shape = tuple[int, ...]

SCORES = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 2.0], [4.0, 0.0, 1.0]]

FACTS = ("", "shape", "stride", "offset", "contiguous", "storage")

NUMBERS = ("2", "2.5")
NO_AXES = "0-dim-float64"

MOST_NUMBERS = 2000
"""Of a tensor whose shape is typed."""
MOST_ROWS = 12
"""Of a tensor under the X-ray."""
MOST_CELLS = 64
"""Of a result that is shown number by number."""
LONGEST = 96
"""Characters of a message that a note has room for."""


def made(
    data: str,
    dtype: str,
    grad: bool,
) -> Iterator[Frame]:
    """Makes a tensor of a Python list, and asks it what it is."""
    values = _literal(data)
    yield _made_frame(data, [])

    try:
        chosen = getattr(torch, dtype, None)  # None: inferred
        x = torch.tensor(
            values,
            dtype=chosen,
            requires_grad=grad,
        )
    except (RuntimeError, TypeError, ValueError) as error:
        yield _made_refused(data, error)
        return

    size = x.element_size()  # bytes of one number
    facts: Rows = [
        ("x.shape", str(tuple(x.shape))),
        ("x.dtype", _name(x.dtype)),
        ("x.device", str(x.device)),
        ("x.numel()", str(x.numel())),
        ("bytes", str(x.numel() * size)),
        ("x.requires_grad", str(x.requires_grad)),
    ]
    for shown in range(1, len(facts) + 1):
        yield _made_frame(data, facts[:shown], len(facts), x)


def _made_frame(data: str, facts: Rows, steps: int = 6, x: Tensor | None = None) -> Frame:
    title = f"x = torch.tensor({data})"
    table = Table(title, ("asked", "answer"), tuple(facts), len(facts) - 1 if facts else None)
    if x is None:
        return Frame((table,), {}, "Nothing is made yet: a Python list or number is to become a tensor.", 0, steps)
    values = {"axes": x.dim(), "numbers": x.numel(), "bytes a number": x.element_size()}
    return Frame(
        (table,), {name: float(value) for name, value in values.items()}, _made_note(facts, x), len(facts), steps
    )


def _made_note(facts: Rows, x: Tensor) -> str:
    """What the newest answer says."""
    asked, answer = facts[-1]
    if asked == "x.shape":
        axes = {0: "no axis: x is a single number", 1: "one axis"}.get(x.dim(), f"{x.dim()} axes")
        return f"The shape is {answer}: {axes}."
    if asked == "x.dtype":
        return f"Every number of x is stored as {answer}, in {_times(x.element_size(), 'byte')}."
    if asked == "x.device":
        return f"x was made without a device named, and lives on the {answer}."
    if asked == "x.numel()":
        return f"It holds {_times(x.numel(), 'number')}: the sizes of its axes, multiplied."
    if asked == "bytes":
        return f"Its numbers take {_times(x.numel() * x.element_size(), 'byte')}: {x.numel()} times {x.element_size()}."
    whether = "will" if x.requires_grad else "will not"
    shape, dtype = facts[0][1], facts[1][1]
    return f"x is {dtype} of shape {shape} on the {x.device}, and autograd {whether} follow what is computed from it."


def _made_refused(data: str, error: Exception) -> Frame:
    table = Table(f"x = torch.tensor({data})", ("asked", "answer"), (("refused", type(error).__name__),), 0)
    return Frame((table,), {}, f"torch refuses it: “{_first(error)}”.", 1, 1)


def xray(
    b: str,
    shape: str,
    dtype: str,
    write: str,
) -> Iterator[Frame]:
    """Twelve numbers in one storage, a tensor a on them, and b made
    of a: where does each number of b lie? Then a write through b."""
    a = torch.arange(10, 22, dtype=getattr(torch, dtype))
    a = a.view(_shape(shape))
    seen = Xray(a, b)
    yield seen.start()

    try:
        view = _evaluated(b, a)
    except (RuntimeError, IndexError) as error:
        yield seen.refused("b", error)
        return
    yield from seen.rows(view, last=write == "nothing")

    before = a.clone()
    try:
        if write == "last":
            view[(-1,) * view.dim()] = 99
        if write == "all":
            view += 50
    except RuntimeError as error:
        yield seen.refused("b += 50", error, view)
        return
    if write != "nothing":
        yield seen.written(view, int((a != before).sum()))


class Xray:
    """The frames of `xray`: the storage as a strip, each row of a tensor below the places where its numbers lie."""

    def __init__(self, a: Tensor, made: str) -> None:
        self.a, self.made, self.step = a, made, 0

    def start(self) -> Frame:
        note = f"a has the shape {_shown(self.a)}; its storage is one row of 12 places, and b is still to be made."
        return self._frame(self._of_a(), note)

    def rows(self, b: Tensor, last: bool) -> Iterator[Frame]:
        """b row by row, and then as a whole; `last` if nothing comes after that."""
        shared, rows = _shared(self.a, b), _places(b)
        strips = [_strip("storage", self.a)] if shared else [_strip("a's", self.a), _strip("b's", b)]
        shown = [*strips, *_under("b", b)]
        steps = len(rows) + (1 if last else 2)
        for count, (index, places) in enumerate(rows, 1):
            where = "the storage" if shared else "b's own storage"
            note = f"In {where}, {_indexed('b', index)} is at {_run(places)}."
            yield self._frame(shown[: len(strips) + count], note, b, steps, chosen=len(strips) + count - 1)
        yield self._frame(shown, _seen(b, shared), b, steps)

    def refused(self, line: str, error: Exception, b: Tensor | None = None) -> Frame:
        return self._frame(self._of_a(), f"{line} is refused: “{_first(error)}”.", b, self.step)

    def written(self, b: Tensor, changed: int) -> Frame:
        """a again after the write through b, which changed so many of its numbers."""
        note = f"The write through b went to the one storage: it changed {_times(changed, 'number')} of a."
        if not _shared(self.a, b):
            note = "The write went to b's own storage: a is what it was."
        frame = self._frame(self._of_a(), note, b, self.step)
        return replace(frame, values={**frame.values, "changed in a": float(changed)})

    def _of_a(self) -> Rows:
        return [_strip("storage", self.a), *_under("a", self.a)]

    def _frame(
        self, rows: Rows, note: str, b: Tensor | None = None, steps: int = 0, chosen: int | None = None
    ) -> Frame:
        size = self.a.element_size()
        title = f"{_name(self.a.dtype)}: {_times(size, 'byte')} a place, {12 * size} in the storage of a"
        heads = ("place", *map(str, range(len(rows[0]) - 1)))
        facts = Table(f"b = {self.made}", FACTS, tuple(self._facts(name, x) for name, x in (("a", self.a), ("b", b))))
        frame = Frame((Table(title, heads, tuple(rows), chosen), facts), self._values(b), note, self.step, steps)
        self.step += 1
        return frame

    def _facts(self, name: str, x: Tensor | None) -> tuple[str, ...]:
        if x is None:
            return (name, *["·"] * 5)
        whole, whose = "yes" if x.is_contiguous() else "no", "a's" if _shared(self.a, x) else "its own"
        return name, _shown(x), str(x.stride()), str(x.storage_offset()), whole, whose

    def _values(self, b: Tensor | None) -> dict[str, float]:
        values = {"bytes of a": float(self.a.untyped_storage().nbytes())}
        if b is not None:
            values |= {f"stride {at} of b": float(stride) for at, stride in enumerate(b.stride())}
            values |= {"offset of b": float(b.storage_offset()), "b is contiguous": float(b.is_contiguous())}
            values |= {"b shares": float(_shared(self.a, b))}
        return values


def _places(x: Tensor) -> list[tuple[Shape, list[int]]]:
    """The rows of x, along its last axis: the index of each, and the places in the storage of its numbers."""
    *outer, last = x.shape or (1,)
    *steps, step = x.stride() or (1,)
    found = []
    for index in product(*map(range, outer)):
        start = x.storage_offset() + sum(at * stride for at, stride in zip(index, steps))
        found.append((index, [int(start + at * step) for at in range(last)]))
    return found


def _shared(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def _stored(x: Tensor) -> list[str]:
    """The numbers of x's storage, in their order."""
    count = x.untyped_storage().nbytes() // x.element_size()
    return [number(each) for each in x.as_strided((count,), (1,), 0).tolist()]


def _strip(name: str, x: Tensor) -> tuple[str, ...]:
    """x's storage in twelve places, which is what a has."""
    stored = _stored(x)
    return name, *stored, *[""] * (12 - len(stored))


def _under(name: str, x: Tensor) -> Rows:
    """Each row of x, its numbers below the places where they lie."""
    stored = _stored(x)
    return [
        (_indexed(name, index), *(stored[place] if place in places else "·" for place in range(12)))
        for index, places in _places(x)
    ]


def _indexed(name: str, index: Shape) -> str:
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _run(places: list[int]) -> str:
    """The places of one row, short."""
    if len(places) == 1:
        return f"place {places[0]}"
    step = places[1] - places[0]
    return (
        f"places {places[0]} to {places[-1]}, {step} apart" if step else f"place {places[0]}, {len(places)} times over"
    )


def _seen(b: Tensor, shared: bool) -> str:
    whole = "contiguous" if b.is_contiguous() else "not contiguous"
    if not shared:
        return f"b is a copy with a storage of its own: stride {b.stride()}, {whole}."
    return f"b shares a's storage and copies nothing: stride {b.stride()} from place {b.storage_offset()}, {whole}."


def axes(op: str, dim: str, keepdim: bool) -> Iterator[Frame]:
    """Works along one axis of the scores: one lane of numbers after
    the other, and each lane goes into one call."""
    x = torch.tensor(SCORES)  # (4, 3): samples, classes
    axis = int(dim)
    yield _axes_start(x, op, dim)

    try:
        if op == "softmax":
            out = x.softmax(axis)  # as many numbers as before
        else:
            call = getattr(x, op)  # x.sum, x.mean, x.argmax
            out = call(axis, keepdim=keepdim)
    except IndexError as error:
        yield _axes_refused(x, op, error)
        return

    lanes = x.shape[1] if axis % 2 == 0 else x.shape[0]
    for lane in range(lanes):
        yield _axes_frame(x, out, op, axis % 2, lane, lanes)


def _axes_start(x: Tensor, op: str, dim: str) -> Frame:
    note = f"x has the shape {tuple(x.shape)}: axis 0 counts 4 samples and axis 1 counts 3 classes."
    return Frame((_grid("x, a row a sample", x), _empty(f"x.{op}({dim})")), {}, note, 0, 3 if dim == "0" else 4)


def _axes_refused(x: Tensor, op: str, error: Exception) -> Frame:
    return Frame((_grid("x, a row a sample", x), _empty("refused")), {}, f"{op} is refused: “{_first(error)}”.", 1, 1)


def _empty(title: str) -> Grid:
    return Grid(title, (), (), ())


def _grid(title: str, x: Tensor, marked: tuple[int, ...] = (), meaning: str = "") -> Grid:
    """A tensor of up to two axes; one axis is a row."""
    two = x.reshape(1, -1) if x.dim() < 2 else x
    names = tuple(str(at) for at in range(two.shape[0])) if x.dim() == 2 else ("",)
    columns = tuple(str(at) for at in range(two.shape[1]))
    return Grid(title, names, columns, tuple(map(float, two.flatten().tolist())), None, None, marked, meaning)


def _axes_frame(x: Tensor, out: Tensor, op: str, axis: int, lane: int, lanes: int) -> Frame:
    """One lane of x, and the result up to it."""
    columns = x.shape[1]
    marked = tuple(at * columns + lane if axis == 0 else lane * columns + at for at in range(x.shape[axis]))
    where = f"x[:, {lane}]" if axis == 0 else f"x[{lane}]"
    done = out
    if lane + 1 < lanes:
        along = min(1 - axis, out.dim() - 1)
        done = out.narrow(along, 0, lane + 1)
    pictures = (_grid("x, a row a sample", x, marked, f"are {where}"), _grid(f"the result, {tuple(out.shape)}", done))
    taken = out.select(1 - axis, lane) if out.dim() == 2 else out[lane]
    values = {f"result {at}": float(each) for at, each in enumerate(taken.flatten().tolist())}
    answer = joined([number(each) for each in taken.flatten().tolist()])
    note = f"{op} of {where}, {joined([number(each) for each in x.select(1 - axis, lane).tolist()])}, is {answer}"
    if lane + 1 == lanes:
        gone = "axis 0, the samples," if axis == 0 else "axis 1, the classes,"
        way = {2: "is still there"}.get(out.dim(), "is gone")
        if out.dim() == 2 and op != "softmax":
            way = "is kept, with size 1"
        note += f"; {gone} {way}: {tuple(out.shape)}"
    return Frame(pictures, values, f"{note}.", lane + 1, lanes)


def broadcast(a: str, b: str) -> Iterator[Frame]:
    """Adds two tensors: their shapes are laid on each other by their
    last axes, and axis by axis is judged for itself."""
    left, right = _shape(a), _shape(b)
    yield _broadcast_frame(left, right, [])

    try:
        out = 10 * _counted(left) + _counted(right)
        message = ""
    except RuntimeError as error:
        out, message = None, _first(error)

    judged: list[tuple[int, int, bool]] = []
    for axis in range(-1, -max(len(left), len(right)) - 1, -1):
        p, q = _size(left, axis), _size(right, axis)  # 1 if missing
        fits = p == q or p == 1 or q == 1
        judged.append((p, q, fits))
        if not fits:
            break

    for shown in range(1, len(judged) + 1):
        so_far = judged[:shown]
        yield _broadcast_frame(left, right, so_far, len(judged) + 1)
    yield _broadcast_end(left, right, judged, out, message)


def _counted(shape: Shape) -> Tensor:
    """0, 1, 2, ... in a shape."""
    return torch.arange(math.prod(shape)).view(shape)


def _size(shape: Shape, axis: int) -> int:
    return shape[axis] if -axis <= len(shape) else 1


def _laid(left: Shape, right: Shape, judged: list[tuple[int, int, bool]], out: Shape | None) -> Table:
    """Both shapes with their last axes in one column, and below them what is known of the result."""
    count = max(len(left), len(right), 1)
    rows = []
    for name, shape in (("a", left), ("b", right)):
        rows.append(
            (name, *(["(1)"] * (count - len(shape)) if judged else ["·"] * (count - len(shape))), *map(str, shape))
        )
    known = [str(q if p == 1 else p) if fits else "refused" for p, q, fits in judged]
    result = ["·"] * (count - len(known)) + known[::-1] if out is None else list(map(str, out)) or ["·"]
    rows.append(("a + b", *result))
    heads = ("axis", *(f"−{at}" for at in range(count, 0, -1)))
    return Table("the shapes, last axis on last axis", heads, tuple(rows), 2 if judged else None)


def _broadcast_frame(left: Shape, right: Shape, judged: list[tuple[int, int, bool]], steps: int = 0) -> Frame:
    pictures = (_laid(left, right, judged, None), _empty("a + b is not shown yet"))
    if not judged:
        note = f"a has the shape {left} and b the shape {right}; nothing is added yet."
        return Frame(pictures, {}, note, 0, steps)
    axis, (p, q, fits) = -len(judged), judged[-1]
    place = f"Axis {number(axis)}: {p} in a, {q} in b"
    if not fits:
        note = f"{place}: they differ, and neither is 1."
    elif p == q:
        note = f"{place}: the same, so the result has {p}."
    else:
        note = (
            f"{place}: {'a' if p == 1 else 'b'} is read again and again there, and the result has {q if p == 1 else p}."
        )
    return Frame(pictures, {"size in a": float(p), "size in b": float(q)}, note, len(judged), steps)


def _broadcast_end(
    left: Shape, right: Shape, judged: list[tuple[int, int, bool]], out: Tensor | None, message: str
) -> Frame:
    step = len(judged) + 1
    if out is None:
        pictures = (_laid(left, right, judged, None), _empty("refused"))
        return Frame(pictures, {}, f"a + b is refused: “{message}”.", step, step)
    shape = tuple(out.shape)
    shown = out.dim() <= 2 and 0 < out.numel() <= MOST_CELLS
    grid = _grid("a + b, for a = 0, 10, 20, ... and b = 0, 1, 2, ...", out) if shown else _empty(_not_drawn(out))
    values = {"axes": float(out.dim()), "numbers": float(out.numel())}
    note = (
        f"a + b has the shape {shape}: {_times(out.numel(), 'number')} from {math.prod(left)} and {math.prod(right)}."
    )
    return Frame((_laid(left, right, judged, shape), grid), values, note, step, step)


def _not_drawn(x: Tensor) -> str:
    """Why the numbers of a sum are not drawn."""
    if x.dim() > 2:
        return f"a + b has {x.dim()} axes; up to 2 are drawn"
    return f"a + b has {_times(x.numel(), 'number')}; 1 to {MOST_CELLS} are drawn"


def combine(call: str, a: str, b: str) -> Iterator[Frame]:
    """Multiplies, joins or stacks two tensors of ones."""
    left, right = torch.ones(_shape(a)), torch.ones(_shape(b))
    calls: dict[str, Callable[[], Tensor]] = {
        "a@b": lambda: left @ right,
        "cat([a,b])": lambda: torch.cat([left, right]),
        "cat([a,b],1)": lambda: torch.cat([left, right], 1),
        "stack([a,b])": lambda: torch.stack([left, right]),
    }
    yield _combine_start(call, left, right)
    yield _combine_rule(call, left, right)
    try:
        out = calls[call]()
        yield _combine_end(call, left, right, out)
    except (RuntimeError, IndexError) as error:
        yield _combine_refused(call, left, right, error)


def _both(call: str, left: Tensor, right: Tensor, result: str) -> Table:
    rows = (("a", _shown(left)), ("b", _shown(right)), (call, result))
    return Table(call, ("tensor", "shape"), rows, 2 if result != "·" else None)


def _combine_start(call: str, left: Tensor, right: Tensor) -> Frame:
    note = f"a has the shape {_shown(left)} and b the shape {_shown(right)}; {call} is still to come."
    return Frame((_both(call, left, right, "·"),), {}, note)


def _combine_rule(call: str, left: Tensor, right: Tensor) -> Frame:
    """What the call asks of the two shapes."""
    if "stack" in call:
        note = "stack makes a new axis 0, and wants two shapes that are the same in every axis."
    elif "cat" in call:
        axis = 1 if call.endswith(",1)") else 0
        note = f"cat joins along axis {axis}; in every other axis the two have to be the same."
    elif not (left.dim() and right.dim()):
        note = "@ sums along an axis of each, and a tensor of shape () has none."
    else:
        last, other = left.shape[-1], right.shape[-2 if right.dim() > 1 else -1]
        which = "last but one" if right.dim() > 1 else "only one"
        note = f"@ sums along the last axis of a, which has {last}, and along b's {which}, which has {other}."
    return Frame((_both(call, left, right, "·"),), {}, note, 1, 2)


def _combine_end(call: str, left: Tensor, right: Tensor, out: Tensor) -> Frame:
    values = {"axes": float(out.dim()), "numbers": float(out.numel())}
    return Frame((_both(call, left, right, _shown(out)),), values, f"{call} has the shape {_shown(out)}.", 2, 2)


def _combine_refused(call: str, left: Tensor, right: Tensor, error: Exception) -> Frame:
    note = f"Refused: “{_first(error)}”."
    return Frame((_both(call, left, right, "refused"),), {}, note, 2, 2)


def promote(a: str, b: str) -> Iterator[Frame]:
    """Asks torch for the dtype of each result. a and b hold ones,
    or b is a plain number of Python."""
    left = torch.ones(2, 2, dtype=getattr(torch, a))
    right: Any = _operand(b)
    calls: dict[str, Callable[[], Tensor]] = {
        "a + b": lambda: left + right,
        "a / b": lambda: left / right,
        "a += b": lambda: left.clone().add_(right),
    }
    if isinstance(right, Tensor) and right.dim():
        calls["a @ b"] = lambda: left @ right
        calls["cat([a, b])"] = lambda: torch.cat([left, right])
    answers: Rows = []
    yield _promote_frame(a, b, answers, "", len(calls))

    for line, call in calls.items():
        try:
            result, message = call(), ""
            answers.append((line, _name(result.dtype)))
        except (RuntimeError, TypeError) as error:
            answers.append((line, "refused"))
            message = _first(error)
        yield _promote_frame(a, b, answers, message, len(calls))


def _operand(b: str) -> Any:
    """A number of Python, a tensor without axes, or a tensor of ones."""
    if b in NUMBERS:
        return ast.literal_eval(b)
    return torch.ones((), dtype=torch.float64) if b == NO_AXES else torch.ones(2, 2, dtype=getattr(torch, b))


def _promote_frame(a: str, b: str, answers: Rows, message: str, steps: int) -> Frame:
    title = f"a is {a}, b is {'the number ' * (b in NUMBERS)}{b}"
    table = Table(title, ("call", "dtype of the result"), tuple(answers), len(answers) - 1 if answers else None)
    values = {
        f"bytes of {line}": float(getattr(torch, answer).itemsize) for line, answer in answers if answer != "refused"
    }
    if not answers:
        return Frame((table,), values, f"{title[0].upper() + title[1:]}: nothing is computed yet.", 0, steps)
    line, answer = answers[-1]
    note = f"{line} is refused: “{message}”." if message else f"{line} is {answer}."
    return Frame((table,), values, note, len(answers), steps)


def arrays(x: str) -> Iterator[Frame]:
    """Makes a tensor of a NumPy array, writes to both, and hands the
    tensor to a layer, whose weights are float32."""
    ran: Rows = []
    try:
        import numpy  # torch can be installed without it

        n = numpy.zeros(2)
        shared = torch.from_numpy(n)
    except (ImportError, RuntimeError):
        yield _arrays_missing(x)
        return
    yield _arrays_frame("n = numpy.zeros(2)", ran, n)

    t = torch.tensor(n) if "tensor(" in x else shared
    if x.endswith(".float()"):
        t = t.float()
    yield _arrays_frame(f"x = {x}", ran, n, t)
    t[0] = 9
    yield _arrays_frame("x[0] = 9", ran, n, t)
    n[1] = 5
    yield _arrays_frame("n[1] = 5", ran, n, t)
    try:
        nn.Linear(2, 1)(t)
        yield _arrays_frame("layer(x)", ran, n, t, "works")
    except RuntimeError as error:
        yield _arrays_frame("layer(x)", ran, n, t, _first(error))


def _arrays_missing(x: str) -> Frame:
    table = Table(f"x = {x}", ("line", "n", "x", "dtype of x"), ())
    note = "NumPy cannot be used from this Python: torch works without it, and only this demo does not."
    return Frame((table,), {}, note)


def _arrays_frame(line: str, ran: Rows, n: Any, x: Tensor | None = None, layer: str = "") -> Frame:
    """After a line: what is in the array, and what in the tensor."""
    array = ", ".join(number(each) for each in n.tolist())
    numbers = x.tolist() if x is not None else []
    ran.append((line, array, ", ".join(map(number, numbers)) or "·", _name(x.dtype) if x is not None else "·"))
    values = {"n[0]": float(n[0]), "n[1]": float(n[1])}
    values |= {f"x[{at}]": float(each) for at, each in enumerate(numbers)}
    table = Table("line by line", ("line", "n", "x", "dtype of x"), tuple(ran), len(ran) - 1)
    return Frame((table,), values, _arrays_note(line, array, n, x, layer), len(ran) - 1, 4)


def _arrays_note(line: str, array: str, n: Any, x: Tensor | None, layer: str) -> str:
    if x is None:
        return f"n is an array of NumPy's own dtype, {n.dtype}; no tensor is made of it yet."
    if layer:
        dtype = _name(x.dtype)
        return (
            f"{line} works: x is {dtype}, as its weight is." if layer == "works" else f"{line} is refused: “{layer}”."
        )
    same = x.tolist() == n.tolist()
    if line.startswith("x ="):
        return f"x holds the same numbers, as {_name(x.dtype)}; whether they share them is still to be seen."
    who, other = ("x", "n") if line.startswith("x") else ("n", "x")
    told = "shows it as well: they share" if same else "does not show it: they do not share"
    return f"{line} wrote to {who}, and {other} {told}."


# ── What may be typed, and what several demos share ───────────────────────────────────────────────────────────────────

NODES = (
    *(ast.Expression, ast.Name, ast.Load, ast.Constant, ast.UnaryOp, ast.USub, ast.Call, ast.Attribute),
    *(ast.Subscript, ast.Slice, ast.Tuple, ast.List),
)
CALLS = (
    *("T", "t", "mT", "view", "reshape", "flatten", "contiguous", "clone", "transpose", "permute", "movedim"),
    *("expand", "squeeze", "unsqueeze", "select", "narrow", "diagonal", "unfold", "flip", "detach"),
)


def _evaluated(expression: str, a: Tensor) -> Tensor:
    """What torch makes of an expression such as "a[1:].T". Raises ValueError with a sentence, and what torch raises."""
    wanted = "b is made of a: write as a.T, a[1:] or a.view(2,6)"
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError:
        raise ValueError(f"{expression} cannot be read as Python; {wanted}") from None
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else "a"
        if not isinstance(node, NODES) or name not in ("a", *CALLS):
            raise ValueError(f"{name if isinstance(node, NODES) else expression} has no place here; {wanted}")
        if isinstance(node, ast.Constant) and not isinstance(node.value, (int, bool, type(None))):
            raise ValueError(f"{node.value!r} has no place here; {wanted}")
    try:
        b = eval(compile(tree, "b", "eval"), {"__builtins__": {}}, {"a": a})
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ValueError(f"{expression} cannot be computed: {_first(error)}") from None
    if not isinstance(b, Tensor):
        raise ValueError(f"{expression} is no tensor; {wanted}")
    large = b.numel() > MOST_CELLS or b.untyped_storage().nbytes() > a.untyped_storage().nbytes()
    if large or math.prod(b.shape[:-1]) > MOST_ROWS or not b.numel():
        raise ValueError(f"{expression} has the shape {_shown(b)}, which does not fit under the X-ray")
    return b


def _literal(text: str) -> Any:
    """A Python list or number. Raises ValueError with a sentence."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"data takes a number or a list of numbers, as [1,2,3], not {text!r}") from None


def _shape(text: str) -> Shape:
    """A shape such as "(3,4)", "(4,)" or "()". Raises ValueError with a sentence."""
    try:
        shape = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        shape = None
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple) or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError(f"a shape takes whole numbers in brackets, as (3,4), (4,) or (), not {text!r}")
    if len(shape) > 4 or math.prod(shape) > MOST_NUMBERS:
        raise ValueError(f"{text} is too large: up to 4 axes and {MOST_NUMBERS} numbers can be shown here")
    return shape


def _first(error: Exception) -> str:
    """What torch says first: the rest is of where, and of what else to do."""
    text = " ".join(str(error).split()).removeprefix("unsupported operation: ")
    said = text.partition(" (at least")[0].partition(". ")[0].rstrip(".")
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _shown(x: Tensor) -> str:
    return str(tuple(x.shape))


def _times(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
