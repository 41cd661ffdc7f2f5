"""A real autograd graph: what the forward pass recorded, and its backward pass node by node, to be replayed.

The graph is read from `grad_fn` and `next_functions`, the gradients from hooks on those very nodes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lessons.kit import Flow, Graph, Node, Sent, number
from lessons.kit.pictures import MOST_EDGES, MOST_NODES
from lessons.measure.graph_rules import Known, local_rules
from lessons.measure.graph_text import Text, compose
from lessons.measure.graph_watch import Watch, dtype_name, size

PLUMBING = {
    *("T", "Transpose", "Permute", "View", "UnsafeView", "Reshape", "ReshapeAlias", "Expand", "Squeeze", "Unsqueeze"),
    *("Clone", "Alias", "ViewAs", "Contiguous"),
}
"""Operations that only change how the same numbers lie."""

Fn = Any
"""A node of torch's graph, a `torch.autograd.graph.Node`: C++ ones have attributes that no type knows of."""


@dataclass
class Pass:
    """One backward pass: the nodes in the order in which it reached them, and what came to them and went on."""

    reached: list[int] = field(default_factory=list)
    gradients: dict[int, float] = field(default_factory=dict)
    sent: dict[int, tuple[Sent, ...]] = field(default_factory=dict)
    kept: dict[int, float] = field(default_factory=dict)


class Recording:
    """The graph that leads to `root`. Raises ValueError, with a sentence, where there is none or it is too large.

    Make it before the backward pass, which frees what the nodes have saved.
    """

    def __init__(self, root: Tensor, watch: Watch | None = None) -> None:
        if not root.requires_grad:
            raise ValueError("nothing was recorded: no tensor that went in requires a gradient")
        self._watch = watch or Watch()
        self._fns = _walk(root.grad_fn or accumulator(root))
        self._places = {fn: place for place, fn in enumerate(self._fns)}
        self._several = self._of_several_results()
        self._saved = [_saved(fn) for fn in self._fns]
        self._values = self._forward_values(root)
        self._texts: list[Text] = []
        for fn in self._fns:
            self._texts.append(self._text(fn))
        self._texts[-1] = self._result(self._fns[-1], root.output_nr)
        self.nodes = tuple(self._node(place) for place in range(len(self._fns)))
        self.passes: list[Pass] = []

    @property
    def steps(self) -> int:
        """How many frames `replay` gives after its first; before a backward pass, how many to expect."""
        return sum(len(each.reached) for each in self.passes) or len(self.nodes)

    def start(self, title: str) -> Graph:
        """The graph as the forward pass left it."""
        return Graph(title, self.nodes, tuple(Flow() for _ in self.nodes))

    @contextmanager
    def following(self) -> Iterator[None]:
        """Notes every backward pass from the root while this lasts."""
        handles = []
        for place, fn in enumerate(self._fns):
            handles += [fn.register_prehook(self._on_reached(place)), fn.register_hook(self._on_sent(place))]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def replay(self, title: str) -> Iterator[Graph]:
        """The passes that were noted, a picture for each node in the order in which they reached it."""
        for each in self.passes:
            for step in range(1, len(each.reached) + 1):
                yield Graph(title, self.nodes, self._flows(each, step), each.reached[step - 1])

    def _flows(self, backward: Pass, step: int) -> tuple[Flow, ...]:
        """What the pass has brought to each node when it stands at the node of that step, counted from 1."""
        reached = set(backward.reached[:step])
        parts: list[list[float]] = [[] for _ in self.nodes]
        parts[-1].append(backward.gradients[len(self.nodes) - 1])
        for place in sorted(backward.reached[: step - 1]):  # in the order in which the expression uses them
            for sent in backward.sent.get(place, ()):
                parts[sent.to].append(sent.value)
        return tuple(
            Flow(
                tuple(parts[place]),
                backward.gradients[place] if place in reached else None,
                backward.sent.get(place, ()) if place in reached else (),
                backward.kept.get(place) if place in reached else None,
            )
            for place in range(len(self.nodes))
        )

    def _on_reached(self, place: int) -> Callable[..., None]:
        def hook(gradients: Sequence[Tensor | None]) -> None:
            if place == len(self.nodes) - 1:
                self.passes.append(Pass())
            gradient = _length(gradients)
            if gradient is not None and self.passes:
                self.passes[-1].reached.append(place)
                self.passes[-1].gradients[place] = gradient

        return hook

    def _on_sent(self, place: int) -> Callable[..., None]:
        fn = self._fns[place]
        targets = [self._places.get(target) for target, _ in fn.next_functions]

        def hook(sent: Sequence[Tensor | None], came: Sequence[Tensor | None]) -> None:
            if not self.passes or place not in self.passes[-1].gradients:
                return
            if hasattr(fn, "variable"):
                kept, gradient = size(fn.variable.grad) or 0.0, self.passes[-1].gradients[place]
                if kept != gradient and not math.isnan(gradient):
                    self.passes[-1].kept[place] = kept
                return
            values = [None if each is None else size(each) for each in sent]
            rules = self._rules(place, values)
            self.passes[-1].sent[place] = tuple(
                Sent(to, value, rule)
                for to, value, rule in zip(targets, values, rules)
                if to is not None and value is not None
            )

        return hook

    def _rules(self, place: int, sent: list[float | None]) -> list[str]:
        """How each gradient that the node sends came about; "" where no rule is known, or where numbers are many."""
        node = self.nodes[place]
        inputs = [value for _, value in self._operands(self._fns[place]) if value is not None]
        several = any(math.prod(self.nodes[at].shape) != 1 for at in (place, *node.inputs))
        if several or node.value is None or len(inputs) < len(sent):
            return [""] * len(sent)
        known = Known(self.passes[-1].gradients[place], tuple(inputs), node.value, self._saved[place])
        return local_rules(node.operation, known, sent)

    def _node(self, place: int) -> Node:
        fn, text = self._fns[place], self._texts[place]
        inputs = tuple(self._places[each] for each, _ in fn.next_functions if each is not None)
        shape, dtype = self._kind(fn)
        operation = operation_of(fn)
        saved = tuple(self._saved_text(fn, name, value) for name, value in self._saved[place].items())
        value = self._values.get(fn)
        plumbing = operation in PLUMBING
        return Node(operation, text.text, inputs, shape, dtype, value, tuple(filter(None, saved)), plumbing)

    def _forward_values(self, root: Tensor) -> dict[Fn, float]:
        """Each node's result, where it has one: as it was seen, or as some node has saved it."""
        values: dict[Fn, float | None] = {fn: seen.value for fn, seen in self._watch.seen.items()}
        values.update(dict.fromkeys(self._several))
        values[self._fns[-1]] = size(root)
        for saved in self._saved:
            for tensor in saved.values():
                if isinstance(tensor, Tensor) and tensor.grad_fn is not None and tensor.output_nr == 0:
                    values.setdefault(tensor.grad_fn, size(tensor))
        for fn in self._fns:
            if hasattr(fn, "variable"):
                values[fn] = size(fn.variable)
            elif operation_of(fn) in PLUMBING - {"Expand"}:  # the same numbers, so the same norm
                values.setdefault(fn, values.get(fn.next_functions[0][0]))
        return {fn: value for fn, value in values.items() if value is not None}

    def _of_several_results(self) -> set[Fn]:
        """The nodes that gave several tensors, as split does. Some have more than they give, as layer_norm does."""
        used = {source for fn in self._fns for source, place in fn.next_functions if place}
        return used | {fn for fn in self._fns if fn in self._watch.seen and self._watch.seen[fn].several}

    def _kind(self, fn: Fn) -> tuple[tuple[int, ...], str]:
        """Shape and dtype of the node's result."""
        if hasattr(fn, "variable"):
            return tuple(fn.variable.shape), dtype_name(fn.variable.dtype)
        described = getattr(fn, "_input_metadata", None)
        if described:
            return tuple(map(int, described[0].shape)), dtype_name(described[0].dtype)
        seen = self._watch.seen.get(fn)
        return (seen.shape, seen.dtype) if seen else ((), "")

    def _operands(self, fn: Fn) -> list[tuple[Text | None, float | None]]:
        """What the node was computed from, in order: text and value of each, None where it is not known."""
        seen = self._watch.seen.get(fn)
        constants = list(seen.constants) if seen else []
        operands: list[tuple[Text | None, float | None]] = []
        for source, place in fn.next_functions:
            if source is not None:
                operands.append((self._named(source, place), self._values.get(source)))
            elif constants:
                name, value = constants.pop(0)
                operands.append((Text(name, name), value))
            else:
                operands.append((None, None))
        if operation_of(fn) == "Rsub":  # its constant has no place in next_functions
            operands += [(Text(name, name), value) for name, value in constants]
        return operands

    def _named(self, fn: Fn, place: int) -> Text:
        """A result as it is written where it is used: by the name that it was given, or in full."""
        name = self._watch.results.get((fn, place))
        return Text(name, name) if name else self._result(fn, place)

    def _result(self, fn: Fn, place: int) -> Text:
        text = self._texts[self._places[fn]]
        return text.piece(place) if fn in self._several else text

    def _text(self, fn: Fn) -> Text:
        if hasattr(fn, "variable"):
            name = self._watch.names.get(id(fn.variable), "leaf")
            return Text(name, name)
        operation, saved = operation_of(fn), self._saved[self._places[fn]]
        texts = [text for text, _ in self._operands(fn)]
        if operation in PLUMBING and operation not in ("T", "Transpose"):
            texts = texts[:1]
        return compose(operation, texts, saved)

    def _saved_text(self, fn: Fn, name: str, value: Any) -> str:
        """One thing that a node has saved, as "x = 3"; "" for what no reader asks for, such as a list of sizes."""
        if isinstance(value, bool) or not isinstance(value, (Tensor, int, float)):
            return ""
        if not isinstance(value, Tensor):
            return "" if name in ("alpha", "beta", "dim", "reduction", "ignore_index") else f"{name} = {number(value)}"
        name = self._watch.names.get(id(value), name)
        if value.grad_fn is not None and value.grad_fn is not fn and value.grad_fn in self._places:
            name = self._named(value.grad_fn, value.output_nr).text
        if value.numel() == 1:
            return f"{name} = {number(size(value) or 0.0)}"
        return f"{name}: {dtype_name(value.dtype)} {list(value.shape)}"


def accumulator(leaf: Tensor) -> Fn:
    """The node that adds to a leaf's `.grad`."""
    with torch.enable_grad():
        view = leaf.view_as(leaf)
    assert view.grad_fn is not None
    return view.grad_fn.next_functions[0][0]


def operation_of(fn: Fn) -> str:
    """ "Mul" for MulBackward0, "leaf" for AccumulateGrad."""
    name = str(fn.name()).rpartition("::")[2]
    return "leaf" if name == "AccumulateGrad" else re.sub(r"Backward\d*$", "", name)


def _length(tensors: Sequence[Tensor | None]) -> float | None:
    """The norm of all that are there together, signed where it is one number."""
    sizes = [each for each in map(size, tensors) if each is not None]
    if len(sizes) < 2:
        return sizes[0] if sizes else None
    return math.hypot(*sizes)


def _walk(root: Fn) -> list[Fn]:
    """Every node that leads to the root, inputs before those that use them, the root last."""
    order: list[Fn] = []
    done: set[Fn] = set()
    edges = 0
    waiting = [(root, False)]
    while waiting:
        fn, complete = waiting.pop()
        if complete:
            order.append(fn)
        elif fn not in done:
            done.add(fn)
            sources = [(source, False) for source, _ in reversed(fn.next_functions) if source is not None]
            edges += len(sources)
            for count, most, what in ((len(done), MOST_NODES, "nodes"), (edges, MOST_EDGES, "edges")):
                if count > most:
                    raise ValueError(f"the graph has more than {most} {what}; record a smaller part of it")
            waiting += [(fn, True), *sources]
    return order


def _saved(fn: Fn) -> dict[str, Any]:
    """What a node keeps for its backward pass, by name, less what was freed or overwritten since."""
    saved: dict[str, Any] = {}
    names = [name for name in dir(fn) if name.startswith("_saved_")]
    for name in sorted(names, key=lambda name: (name != "_saved_self", name == "_saved_result", name)):
        with suppress(RuntimeError):
            saved[name[len("_saved_") :]] = getattr(fn, name)
    with suppress(RuntimeError):  # a torch.autograd.Function of the reader's own
        for count, tensor in enumerate(getattr(fn, "saved_tensors", ()), 1):
            saved[f"saved {count}"] = tensor
    return saved
